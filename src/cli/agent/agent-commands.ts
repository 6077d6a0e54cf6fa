import type { Command } from '../command.ts'
import { authLogin, authLogout, authSetInstanceUrl, authStatus } from './auth.ts'
import { toolsAwaitApproval } from './await-approval.ts'
import { integrationsAdd, integrationsList, integrationsRemove } from './integrations.ts'
import { outputFormat } from './output-format.ts'
import { toolsCall, toolsDescribe, toolsList } from './tools.ts'

/** What an agent, or a script, does over HTTP with a key. */
export const AGENT_COMMANDS: readonly Command[] = [
  authLogin,
  authLogout,
  authStatus,
  authSetInstanceUrl,
  integrationsList,
  integrationsAdd,
  integrationsRemove,
  toolsList,
  toolsDescribe,
  toolsCall,
  toolsAwaitApproval,
  outputFormat,
]
