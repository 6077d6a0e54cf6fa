import { readArguments } from '../arguments.ts'
import { operate } from '../operator.ts'
import { asEntry, presentWithin } from './present-connection.ts'
import { configurationAsJson, printConfiguration } from './print-configuration.ts'

export async function configurationExport(argv: string[]): Promise<void> {
  const args = readArguments(argv, 'agentport admin export [--user EMAIL] [--json] [--data DIR]', { least: 0, most: 0 })
  await operate(args, async ({ rooms, out, user }) => {
    const { id } = await user()
    const present = rooms.store.quickTransaction((tx) => presentWithin(tx, rooms, id))
    const connections = present.map((each) => asEntry(each, rooms.catalogue))
    out.result(configurationAsJson(connections), printConfiguration(connections).trimEnd().split('\n'))
  })
}
