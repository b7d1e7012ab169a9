/** The config of DipDup's page about hooks, as it stands there. */
export const DIPDUP_EXAMPLE = `spec_version: 3.0
package: demo

hooks:
  calculate_stats:
    callback: calculate_stats
    atomic: False
    args:
      major: bool
      depth: int

jobs:
  midnight_stats:
    hook: calculate_stats
    crontab: "0 0 * * *"
    args:
      major: True
  minute_stats:
    hook: calculate_stats
    interval: 60
    args:
      major: False
  daemon_stats:
    hook: calculate_stats
    daemon: True

advanced:
  scheduler:
    apscheduler.job_defaults.coalesce: True
    apscheduler.job_defaults.max_instances: 3
`
