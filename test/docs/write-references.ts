// `npm run docs`: writes the pages that are made from the types, and from the commands.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiPage } from './api-page.ts'
import { cliPage } from './cli-page.ts'
import { dependenciesPage } from './dependencies-page.ts'
import { ROOT } from './read-pages.ts'
import { references } from './references.ts'

const pages = {
  ...references(),
  'cli.md': cliPage(),
  'api.md': apiPage(),
  'dependencies.md': dependenciesPage(),
}
for (const [name, text] of Object.entries(pages)) {
  await writeFile(join(ROOT, 'docs', name), text)
  console.log(`docs/${name}`)
}
