import type { Command } from 'commander'

/** What the help of a command ends with. Those of them that have more to say have it of their own. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  init: ['pawl init', 'pawl init --config dipdup.yaml'],
  run: [
    'pawl run',
    'pawl run --json | tee pawl.log',
    'pawl run --roles indexer',
    'pawl run --roles indexer --indexes mainnet,base',
  ],
  worker: ['pawl worker', 'pawl worker --json'],
  workers: ['pawl workers', 'pawl workers --json'],
  inspect: ['pawl inspect'],
  'config check': ['pawl config check', 'pawl config check --config dipdup.yaml --json'],
  'hooks list': ['pawl hooks list'],
  'hooks queue': ['pawl hooks queue', 'pawl hooks queue --json | jq \'select(.state == "dead")\''],
  'hooks retry': ['pawl hooks retry announce', 'pawl hooks retry 0c9f5a3e-8a6e-4d0e-9c57-5b1b9f3d2a10'],
  'hooks drop': ['pawl hooks drop 0c9f5a3e-8a6e-4d0e-9c57-5b1b9f3d2a10'],
  'jobs list': ['pawl jobs list', 'pawl jobs list --json'],
  'jobs run': ['pawl jobs run midnight_stats'],
  'jobs pause': ['pawl jobs pause midnight_stats'],
  'jobs resume': ['pawl jobs resume midnight_stats'],
  'schema status': ['pawl schema status', 'pawl schema status --json'],
  'schema approve': ['pawl schema approve'],
  'schema wipe': ['pawl schema wipe', 'pawl schema wipe --force'],
  rollback: ['pawl rollback transfers 1200 --dry-run', 'pawl rollback transfers 1200'],
  help: ['pawl help hooks fire'],
  cron: ["pawl cron '0 9 * * MON'", "pawl cron '0 3 * * *' --timezone Europe/Berlin --count 10"],
}

/** Adds them to all commands below this one. */
export function addExamples(command: Command, path: readonly string[] = []): void {
  for (const child of command.commands) {
    const own = [...path, child.name()]
    const examples = EXAMPLES[own.join(' ')] ?? []
    if (examples.length > 0)
      child.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}\n`).join('')}`)
    addExamples(child, own)
  }
}
