import { formatSize } from './time.tsx'

export interface AboutInstanceProps {
  version: string
  runtime: string
  databaseBytes: number
  connections: number
  agents: number
  calls: { count: number; isExact: boolean }
}

/** What runs here. */
export function AboutInstance({ version, runtime, databaseBytes, connections, agents, calls }: AboutInstanceProps) {
  return (
    <section class="section" id="about" aria-labelledby="about-title">
      <h2 id="about-title">About</h2>
      <dl class="facts card">
        <div>
          <dt>AgentPort</dt>
          <dd>
            {version}, on {runtime}
          </dd>
        </div>
        <div>
          <dt>Database</dt>
          <dd>{formatSize(databaseBytes)}</dd>
        </div>
        <div>
          <dt>You have</dt>
          <dd>
            {counted(connections, 'connection')}, {counted(agents, 'agent')}, {calls.isExact ? '' : 'more than '}
            {counted(calls.count, 'call')} in the log
          </dd>
        </div>
        <div>
          <dt>Licence</dt>
          <dd>
            <a href="/assets/licence.txt">MIT</a>
          </dd>
        </div>
        <div>
          <dt>For scripts</dt>
          <dd>
            <a href="/api/docs">The API, described</a>
          </dd>
        </div>
      </dl>
    </section>
  )
}

const counted = (count: number, what: string): string =>
  `${new Intl.NumberFormat('en').format(count)} ${count === 1 ? what : `${what}s`}`
