/** The ground of the pages, as tokens.css has it: what the system draws around them. */
export const APP_COLOURS = { light: '#f6f6f8', dark: '#101114' } as const
