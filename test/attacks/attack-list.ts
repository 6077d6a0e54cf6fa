/** What the README says is defended, each with the tests that attack it, by file and name. */
export const ATTACKS: { [against: string]: readonly (readonly [file: string, test: string])[] } = {
  'acting without your yes': [
    ['test/flows/void.test.ts', 'an approval that was not used yet is void, and says why'],
    ['test/flows/approve-twice.test.ts', 'approving twice from two tabs at once is one decision and one run'],
    ['test/flows/kill.test.ts', 'killed at any moment of many calls: no call reaches the upstream twice'],
    [
      'test/bridge/lost-links.test.ts',
      'that breaks under a call gives an error that says so, and the call is not sent again',
    ],
  ],
  'showing you something else': [
    ['test/browser/hostile-text.test.ts', 'the exact JSON is the very text that will be sent'],
    [
      'test/browser/hostile-text.test.ts',
      'characters that nobody sees are shown as marks, and nothing invisible is left',
    ],
    ['test/browser/every-page.test.ts', 'an inline script that somebody smuggled into a page would not run'],
  ],
  'a tool that turns into another': [
    ['test/flows/drift.test.ts', 'asks again until its owner accepts the change with one button, and then runs'],
    ['test/flows/drift.test.ts', 'goes on asking when the server changed it once more after the page was shown'],
    ['test/flows/drift.test.ts', 'and comes back changed comes back closed'],
    ['test/flows/drift.test.ts', 'a definition that hides text from people shows it, wherever it stands'],
    ['test/upstreams/definition-diff.test.ts', 'nothing that changed is left out'],
  ],
  'an agent reaching further': [
    ['test/flows/whose-request.test.ts', 'an API key decides nothing, whoever’s it is'],
    ['test/server/routes.test.ts', 'an API key opens no page of a person, in whichever header it comes'],
    ['test/gateway/sessions.test.ts', 'a session under another principal is 404, exactly as one that never was'],
    ['test/gateway/guard.test.ts', 'a key in the query string is no credential'],
  ],
  'programs that sign in': [
    ['test/oauth/consent-page.test.ts', 'an answer that is not the person’s own changes nothing'],
    ['test/oauth/consent-page.test.ts', 'a program’s own name is shown for what it is'],
    ['test/oauth/consent-page.test.ts', '%s cannot be framed, runs nothing of others'],
    [
      'test/oauth/redirect-addresses.test.ts',
      'only the registered address is answered, but for the port of this machine',
    ],
    [
      'test/oauth/client-documents.test.ts',
      'a document in a private network is not fetched, whatever its name resolves to',
    ],
    [
      'test/oauth/code-attacks.test.ts',
      'put into the program’s own answer is refused: it was given for another verifier',
    ],
    ['test/oauth/code-attacks.test.ts', 'by who knows all of it ends what came of it, and nothing else'],
    ['test/oauth/code-attacks.test.ts', 'each answer, yes, no and error, says that it is ours'],
    ['test/oauth/refresh-tokens.test.ts', 'by the thief as well as by the program, whoever is second'],
    ['test/oauth/refresh-tokens.test.ts', 'of two processes over one data directory gives both the same successor'],
    [
      'test/oauth/bearer-tokens.test.ts',
      'a token is for /mcp and for nothing else here, in whichever way it is carried',
    ],
    ['test/oauth/metadata.test.ts', 'a page of another origin gets none of it'],
    ['test/oauth/registration.test.ts', 'from everywhere ends after two hundred in an hour'],
    [
      'test/oauth/ended-sign-in.test.ts',
      'leaves nothing open: no stream, no call in flight, no wait, no request to decide',
    ],
    ['test/oauth/limited-agents.test.ts', 'finds nothing beyond its limit by %s'],
    ['test/oauth/crash.test.ts', 'killed after the tokens were stored and before they were told'],
  ],
  'stealing what is stored': [
    [
      'test/oauth/secrets.test.ts',
      'none is in a file of the data directory; of tokens and codes there are hashes only',
    ],
    ['test/oauth/secrets.test.ts', 'none is in what the server prints'],
    ['test/vault/sealed-secrets.test.ts', 'opens to what was put in, and holds it nowhere in clear'],
    ['test/upstreams/credentials.test.ts', 'a credential is never in what an agent reads, whatever the server does'],
    ['test/server/sign-in.test.ts', 'is kept as a hash: what the file holds opens nothing'],
  ],
  'reaching into your network': [
    ['test/lib/outbound.test.ts', 'to a name that resolves to a private address, whichever, unless a person opened it'],
    ['test/lib/outbound.test.ts', 'to %s, which is this machine in another spelling'],
    ['test/lib/outbound.test.ts', 'so a name that answers differently the second time leads nowhere else'],
    ['test/lib/outbound.test.ts', 'a redirect with %d is handed back and never followed'],
    ['test/lib/outbound.test.ts', 'to a metadata address, even when its host and port were opened'],
    ['test/lib/outbound.test.ts', 'an ambient proxy is ignored'],
  ],
  'a sign-in turned against you': [
    ['test/upstreams-oauth/sign-in.test.ts', 'who finishes must be who started: another user changes nothing'],
    ['test/upstreams-oauth/sign-in.test.ts', 'an answer is taken once: the second time it changes nothing and says so'],
    ['test/upstreams-oauth/sign-in.test.ts', 'when the answer comes from another server than the person was sent to'],
    ['test/upstreams-oauth/sign-in.test.ts', 'so it voids what was approved for the one before'],
    ['test/upstreams-oauth/discovery.test.ts', 'that names another issuer than the one it was found under'],
    ['test/upstreams-oauth/discovery.test.ts', 'no step of a sign-in leads into the owner’s network'],
    ['test/upstreams-oauth/discovery.test.ts', 'not even to the same server'],
    ['test/upstreams-oauth/secrets.test.ts', 'no token, code, verifier, client secret or state is in a log line'],
  ],
  'other websites': [
    ['test/browser/cross-origin.test.ts', 'that sends a form here by itself changes nothing, whichever form it is'],
    ['test/browser/cross-origin.test.ts', 'cannot show a page of ours in a frame, to lead a click astray'],
    ['test/server/addresses.test.ts', 'a page that rebound its name to us gets 421'],
    ['test/gateway/guard.test.ts', 'from a page of a foreign origin is forbidden, whatever the key'],
  ],
  'other ports of this machine': [
    ['test/browser/cookie-alone.test.ts', 'with the cookie alone every form changes nothing and asks for the password'],
  ],
  guessing: [
    ['test/server/sign-in.test.ts', 'five wrong tries are free, then each doubles the wait, up to a minute'],
    ['test/server/sign-in.test.ts', 'an unknown account is refused in the same words and takes as long'],
    ['test/attacks/timing.test.ts', 'a guess at a password is hashed once at the same cost, whoever it is for'],
    ['test/attacks/timing.test.ts', 'a key is found by its hash: there is nothing to compare it with'],
  ],
  'smuggled requests and headers': [
    ['test/attacks/header-smuggling.test.ts', 'a request whose end is a matter of opinion is refused'],
    ['test/attacks/header-smuggling.test.ts', 'that name two principals are both refused, in whatever order'],
    ['test/attacks/header-smuggling.test.ts', 'an agent cannot choose the address that it is logged with'],
    ['test/attacks/header-smuggling.test.ts', 'arguments that a tool wants mirrored into headers'],
    ['test/server/pages-and-assets.test.ts', '/assets/../../../../../../etc/passwd'],
  ],
  'too much, too deep, too slow': [
    ['test/attacks/header-smuggling.test.ts', 'headers beyond 16 KB are refused, and the server goes on'],
    ['test/gateway/bodies.test.ts', 'a body over 4 MB is too large, whether its length is declared or not'],
    ['test/gateway/bodies.test.ts', 'a text nested 200,000 deep ends in an error and not in a crash'],
    [
      'test/attacks/slow-bodies.test.ts',
      'a body that does not arrive within 30 s is given up, and its connection closed',
    ],
    ['test/attacks/slow-bodies.test.ts', 'half-sent bodies hold a bounded memory'],
    ['test/upstreams/tool-lists.test.ts', 'whose regular expression takes for ever does not hold up the gateway'],
  ],
  floods: [
    ['test/upstreams/health.test.ts', 'the crowd of one does not hold up the other, who waits for nothing'],
    ['test/attacks/floods.test.ts', 'another key’s calls and a person’s page stay quick and none fails'],
    ['test/attacks/floods.test.ts', 'a wrong key is hashed fast, writes nothing and waits for nobody'],
    ['test/attacks/floods.test.ts', 'sign-ins from everywhere at once are hashed two at a time, and the owner gets in'],
  ],
  'forged lines': [
    ['test/attacks/terminal.test.ts', 'the server’s own log holds no line but its own'],
    ['test/attacks/terminal.test.ts', 'what a command prints is text'],
    ['test/cli/formats.test.ts', 'what servers and tools say is only text'],
  ],
  'changing the log': [['test/audit/chain.test.ts', 'of several changed events the first is named']],
}
