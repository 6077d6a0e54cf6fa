declare module '*.md' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
