/** Up to a fifth shorter or longer, so that what was put off together does not come back together. */
export const jittered = (ms: number): number => Math.round(ms * (0.8 + Math.random() * 0.4))
