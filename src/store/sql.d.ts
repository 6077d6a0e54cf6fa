declare module '*.sql' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
