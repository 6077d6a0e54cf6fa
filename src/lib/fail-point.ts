/**
 * Named steps at which a test can make this process die, as by kill -9, to see what a crash just there leaves behind.
 * The build of the binary defines AGENTPORT_FAIL_POINTS as empty, so that nothing of it is left there.
 */
export const FAIL_POINTS = [
  'asked',
  'decided',
  'before claim',
  'claimed',
  'before send',
  'answered',
  'settled',
  'policy set',
] as const

/** On the way from a code or a refresh token to the tokens that come of it. */
export const SIGN_IN_FAIL_POINTS = ['grant used', 'tokens stored'] as const

/** Within one apply of a configuration: at each of its changes, and after its commit. */
export const APPLY_FAIL_POINTS = ['applying', 'applied'] as const

export type FailPoint = (typeof FAIL_POINTS | typeof SIGN_IN_FAIL_POINTS | typeof APPLY_FAIL_POINTS)[number]

/** Dies here when the environment names this point: `AGENTPORT_FAIL_POINTS="claimed:3"` at the third time. */
export function failPoint(name: FailPoint): void {
  const wanted = process.env.AGENTPORT_FAIL_POINTS
  if (!wanted) return
  const [point, times = '1'] = wanted.split(':')
  if (point !== name) return
  passed += 1
  if (passed >= Number(times)) process.kill(process.pid, 'SIGKILL')
}

let passed = 0
