/** Pages of ours that an agent shares with its person. */
export const approvalUrl = (origin: string, requestId: string): string => `${origin}/approve/${requestId}`

/** Where a connection's credential is entered. */
export const connectUrl = (origin: string, slug: string): string => `${origin}/connections/${slug}/connect`
