/** One drawing of the set: its shapes and their attributes. */
declare module 'lucide/dist/esm/icons/*.mjs' {
  const shapes: [tag: string, attributes: Record<string, string | number>][]
  // biome-ignore lint/style/noDefaultExport: this is how the package exports them.
  export default shapes
}
