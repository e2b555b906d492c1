/** Loaded into the gateway's process by the bench, with `--import`: collects garbage on SIGUSR2, so that what is measured is what is held. */
process.on('SIGUSR2', () => globalThis.gc?.());
