import { Numbers } from '../parts/day-numbers.tsx'
import { FirstSteps } from '../parts/first-steps.tsx'
import { Chips, TimeRanges } from '../parts/log-chips.tsx'
import { type LogAgent, LogFilterForm } from '../parts/log-filter.tsx'
import { SoundToggle } from '../parts/sound-toggle.tsx'
import { WaitingList } from '../parts/waiting-list.tsx'
import { callIn, HOSTILE, NOW } from './samples.ts'
import type { Specimen } from './specimen.tsx'

const QUIET = {
  since: NOW,
  all: 0,
  byPolicy: 0,
  approved: 0,
  denied: 0,
  failed: 0,
  unknown: 0,
  toolErrors: 0,
  refused: 0,
}
const BUSY = {
  ...QUIET,
  all: 12_408,
  byPolicy: 12_391,
  approved: 14,
  denied: 1,
  failed: 3,
  unknown: 1,
  toolErrors: 2,
  refused: 9,
}

const AGENTS: LogAgent[] = [
  { id: 'a1', name: 'Claude on my laptop', is: 'key', since: NOW, ended: false },
  { id: 'a2', name: HOSTILE, is: 'program', since: NOW, ended: true },
]
const OPEN = { q: '', agent: '', connection: '', tool: '', ending: '', decided: '', from: '', until: '' }
const CHOSEN = { ...OPEN, q: HOSTILE, agent: 'a1', connection: 'stripe', ending: 'denied', from: '2026-11-26T00:00' }

export const HOME_SPECIMENS: Specimen[] = [
  {
    part: 'waiting-list',
    about: 'All that waits for a click, and who asks for much in a place of their own.',
    states: [
      { name: 'nothing', shown: <WaitingList waiting={[]} /> },
      { name: 'one', shown: <WaitingList waiting={[callIn('pending')]} /> },
      { name: 'many of one agent', shown: <WaitingList waiting={Array(5).fill(callIn('pending'))} /> },
    ],
  },
  {
    part: 'sound-toggle',
    about: 'A tone when something waits, for whoever wants it.',
    states: [{ name: 'hidden until its script is there', shown: <SoundToggle /> }],
  },
  {
    part: 'first-steps',
    about: 'What is still to be done, and then nothing.',
    states: [
      { name: 'at first', shown: <FirstSteps done={{ connection: false, agent: false, call: false }} /> },
      { name: 'almost', shown: <FirstSteps done={{ connection: true, agent: true, call: false }} /> },
    ],
  },
  {
    part: 'day-numbers',
    about: 'A day in numbers, each the way to its calls.',
    states: [
      { name: 'busy', shown: <Numbers numbers={BUSY} /> },
      { name: 'quiet', shown: <Numbers numbers={QUIET} /> },
    ],
  },
  {
    part: 'log-filter',
    about: 'What a call may be found by.',
    states: [{ name: 'chosen', shown: <LogFilterForm filter={CHOSEN} agents={AGENTS} connections={['stripe']} /> }],
  },
  {
    part: 'log-chips',
    about: 'What was chosen, each to be taken away again; and spans of days.',
    states: [
      { name: 'chosen', shown: <Chips filter={CHOSEN} agents={AGENTS} /> },
      { name: 'spans', shown: <TimeRanges filter={OPEN} now={NOW} /> },
    ],
  },
]
