/** Imported with `type: 'text'`, so that the compiled binary carries them. */
declare module '*.css' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*.svg' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/agentport.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/log.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/sound.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*live.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module 'htmx.org/dist/*' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/LICENSE' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/shortcuts.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/progress.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
declare module '*/focus.js' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has only a default.
  export default text
}
/** Imported with `type: 'file'`: where its bytes are. */
declare module '*.png' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: an import with type file has only a default.
  export default path
}
