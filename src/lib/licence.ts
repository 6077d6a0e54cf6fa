import licence from '../../LICENSE' with { type: 'text' }

/** What whoever has the program may do with it. */
export const LICENCE: string = licence
