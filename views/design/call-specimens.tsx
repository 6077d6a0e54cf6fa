import { AgentAnswer } from '../parts/agent-answer.tsx'
import { ArgumentsTree } from '../parts/arguments-tree.tsx'
import { Asker } from '../parts/asker.tsx'
import { CallArguments, ExactArguments } from '../parts/call-arguments.tsx'
import { CallDescription } from '../parts/call-description.tsx'
import { CallEnding } from '../parts/call-ending.tsx'
import { CallFacts } from '../parts/call-facts.tsx'
import { CallsByDay, RecentCalls, WaitingCalls } from '../parts/call-list.tsx'
import { CallNotes } from '../parts/call-notes.tsx'
import { CallResult } from '../parts/call-result.tsx'
import { CallInShort, CallSentence } from '../parts/call-sentence.tsx'
import { CallStory } from '../parts/call-story.tsx'
import { EarlierCalls, EarlierDifference } from '../parts/earlier-calls.tsx'
import { ExactLine, ExactText, Name } from '../parts/exact-text.tsx'
import { MarksFound } from '../parts/marks-found.tsx'
import { ResultContent } from '../parts/result-content.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { ClockTime, Day, Time } from '../parts/time.tsx'
import { ToolWarnings } from '../parts/tool-warnings.tsx'
import { ValueChangeEntry } from '../parts/value-change.tsx'
import { askedBefore, CALL_STATES, CHANGE, callIn, HOSTILE, NEVER_ASKED, NOW } from './samples.ts'
import type { Specimen } from './specimen.tsx'

const MINUTE_MS = 60_000
const changed = callIn('pending', { tool: { ...callIn('pending').tool, change: CHANGE, hidesText: true } })

export const CALL_SPECIMENS: Specimen[] = [
  {
    part: 'state-badge',
    about: 'How a call stands: a word and a shape, and only then a colour.',
    states: [
      ...CALL_STATES.map((state) => ({ name: state, shown: <StateBadge call={callIn(state)} /> })),
      { name: 'executed, and the tool said error', shown: <StateBadge call={callIn('executed', { isError: true })} /> },
    ],
  },
  {
    part: 'call-sentence',
    about: 'Who wants what, in our words.',
    states: [
      { name: 'waits', shown: <CallSentence call={callIn('pending')} /> },
      { name: 'over', shown: <CallSentence call={callIn('executed')} over /> },
      { name: 'in short', shown: <CallInShort call={callIn('pending')} /> },
    ],
  },
  {
    part: 'call-facts',
    about: 'Who asks, what, and where.',
    states: [{ name: 'a key', shown: <CallFacts call={callIn('pending')} /> }],
  },
  {
    part: 'call-arguments',
    about: 'Every argument, whole; and the very bytes.',
    states: [
      { name: 'a list', shown: <CallArguments call={callIn('pending')} /> },
      { name: 'exact', shown: <ExactArguments call={callIn('pending')} /> },
    ],
  },
  {
    part: 'arguments-tree',
    about: 'JSON that a person can read.',
    states: [
      { name: 'nested', shown: <ArgumentsTree json={callIn('pending').argumentsJson} /> },
      { name: 'none', shown: <ArgumentsTree json="{}" /> },
      {
        name: 'hostile',
        shown: <ArgumentsTree json={JSON.stringify({ [HOSTILE]: HOSTILE, list: [1, null, true, {}] })} />,
      },
    ],
  },
  {
    part: 'exact-text',
    about: 'What somebody else wrote: on a warm ground, with everything that hides made visible.',
    states: [
      { name: 'text', shown: <ExactText text={'Two lines\nof theirs.'} /> },
      { name: 'a line', shown: <ExactLine text={HOSTILE} /> },
      { name: 'a name', shown: <Name text="stripe" /> },
      { name: 'hostile', shown: <ExactText text={HOSTILE} /> },
    ],
  },
  {
    part: 'marks-found',
    about: 'Says that a text holds what is not to be seen.',
    states: [{ name: 'bidi, invisible, look-alike', shown: <MarksFound texts={[HOSTILE]} /> }],
  },
  {
    part: 'call-notes',
    about: 'What the agent says, unchecked.',
    states: [{ name: 'one', shown: <CallNotes call={callIn('pending')} /> }],
  },
  {
    part: 'call-description',
    about: 'What its server says that the tool does.',
    states: [{ name: 'one', shown: <CallDescription call={callIn('pending')} /> }],
  },
  {
    part: 'earlier-calls',
    about: 'How the like was answered before, and what differs this time.',
    states: [
      { name: 'asked before', shown: <EarlierCalls call={callIn('pending')} earlier={askedBefore()} /> },
      { name: 'the difference', shown: <EarlierDifference call={callIn('pending')} alike={askedBefore().alike} /> },
      { name: 'never', shown: <EarlierCalls call={callIn('pending')} earlier={NEVER_ASKED} /> },
    ],
  },
  {
    part: 'value-change',
    about: 'One value, before and now.',
    states: CHANGE.changes.map((change) => ({
      name: change.part,
      shown: (
        <dl>
          <ValueChangeEntry change={change} />
        </dl>
      ),
    })),
  },
  {
    part: 'tool-warnings',
    about: 'What the owner does not know yet about the tool.',
    states: [{ name: 'changed, and hides text', shown: <ToolWarnings call={changed} /> }],
  },
  {
    part: 'call-ending',
    about: 'How it ended, in a sentence.',
    states: CALL_STATES.slice(1).map((state) => ({ name: state, shown: <CallEnding call={callIn(state)} /> })),
  },
  {
    part: 'call-story',
    about: 'From asked to over, step by step.',
    states: CALL_STATES.slice(1).map((state) => ({ name: state, shown: <CallStory call={callIn(state)} /> })),
  },
  {
    part: 'call-result',
    about: 'What the tool answered.',
    states: [false, true].map((isError) => ({
      name: isError ? 'an error' : 'an answer',
      shown: (
        <CallResult
          result={{ json: '{"content":[{"type":"text","text":"re_3PqX"}]}', isError, sizeBytes: 46, pictures: [] }}
        />
      ),
    })),
  },
  {
    part: 'result-content',
    about: 'Its texts, its pictures, what it gave in structure.',
    states: [
      {
        name: 'all three',
        shown: (
          <ResultContent
            result={{
              json: '{"content":[{"type":"text","text":"re_3PqX"}],"structuredContent":{"id":"re_3PqX"}}',
              isError: false,
              sizeBytes: 80,
              pictures: [{ type: 'image/gif', data: 'R0lGODlhAQABAIAAAHB4/////ywAAAAAAQABAAACAkQBADs=' }],
            }}
          />
        ),
      },
    ],
  },
  {
    part: 'agent-answer',
    about: 'What an agent gets of a call.',
    states: [
      {
        name: 'the tool’s answer',
        shown: <AgentAnswer call={callIn('executed')} told={{ outcome: 'executed', isError: false, text: null }} />,
      },
      {
        name: 'our words',
        shown: (
          <AgentAnswer
            call={callIn('denied')}
            told={{ outcome: 'denied', isError: true, text: 'A human denied this call.' }}
          />
        ),
      },
    ],
  },
  {
    part: 'asker',
    about: 'Who asked; no program can call itself you.',
    states: [
      { name: 'an agent', shown: <Asker agent={callIn('executed').agent} /> },
      { name: 'its owner', shown: <Asker agent={{ name: 'anna@example.org', isYou: true }} first /> },
    ],
  },
  {
    part: 'call-list',
    about: 'Calls, a row each.',
    states: [
      { name: 'that wait', shown: <WaitingCalls calls={[callIn('pending')]} /> },
      { name: 'that are news', shown: <RecentCalls calls={CALL_STATES.slice(1).map((state) => callIn(state))} /> },
      { name: 'day by day', shown: <CallsByDay calls={[callIn('executed'), callIn('denied')]} /> },
    ],
  },
  {
    part: 'time',
    about: 'In the reader’s zone; the exact UTC when pointed at.',
    states: [
      { name: 'just now', shown: <Time at={NOW} /> },
      { name: 'exact', shown: <Time at={NOW} exact /> },
      { name: 'of a day', shown: <ClockTime at={NOW} /> },
      { name: 'a day', shown: <Day at={NOW} /> },
      { name: 'in an hour', shown: <Time at={NOW + 60 * MINUTE_MS} /> },
    ],
  },
]
