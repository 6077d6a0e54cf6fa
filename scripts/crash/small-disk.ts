import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FROM_SOURCE, type Program, WITHOUT_ROOM } from '../../test/harness/program.ts'
import { tempDir } from '../../test/harness/temp-dir.ts'
import type { GatewayProcess } from './gateway-process.ts'

/** A place for data whose room can be taken away and given back. */
export interface SmallDisk {
  /** What it is made of, for the report. */
  readonly is: string
  readonly dataDir: string
  /** Leaves no room for anything that grows. */
  fill(gateway: GatewayProcess): void
  /** Gives the room back. */
  free(gateway: GatewayProcess): void
  /** Lets `act` start the program, that it is given, where nothing can be written. No gateway may run meanwhile. */
  whileReadOnly<T>(act: (program: Program) => Promise<T>): Promise<T>
  remove(): void
}

const SIZE_MB = 64
/** A few commits at the head of the journal; wherever it stands, it soon goes beyond. */
const STILL_FITS_BYTES = 64 * 1024

function ran(command: string[]): boolean {
  return Bun.which(command[0] ?? '') !== null && Bun.spawnSync(command, { stderr: 'ignore' }).success
}

/** A file system of its own where one may be mounted, else a limit on the size of files. */
export function smallDisk({ mayMount }: { mayMount: boolean }): SmallDisk {
  const { path, remove } = tempDir()
  const options = `size=${SIZE_MB}m,mode=700`
  if (mayMount && ran(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path])) return fileSystem(path, remove)
  return sizeLimit(path, remove)
}

function fileSystem(path: string, removeFolder: () => void): SmallDisk {
  const dataDir = join(path, 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  const ballast = join(path, 'ballast')
  let mounted = true
  const remove = () => {
    if (mounted) ran(['umount', '-l', path])
    mounted = false
    removeFolder()
  }
  // A mount outlives the process that forgets it.
  process.once('exit', remove)
  const remount = (how: 'ro' | 'rw') => {
    if (!ran(['mount', '-o', `remount,${how}`, path])) throw new Error(`Could not remount ${path} ${how}`)
  }
  return {
    is: `a file system of ${SIZE_MB} MB`,
    dataDir,
    fill() {
      const file = openSync(ballast, 'w')
      try {
        // What is left after the large pieces takes small ones.
        for (const size of [1024 * 1024, 4096]) writeUntilFull(file, new Uint8Array(size))
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast, { force: true }),
    async whileReadOnly(act) {
      remount('ro')
      try {
        return await act(FROM_SOURCE)
      } finally {
        remount('rw')
      }
    },
    remove,
  }
}

function writeUntilFull(file: number, block: Uint8Array): void {
  try {
    while (writeSync(file, block) > 0);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error
  }
}

function sizeLimit(path: string, remove: () => void): SmallDisk {
  return {
    is: 'files of limited size',
    dataDir: path,
    fill: (gateway) => limitFiles(gateway, STILL_FITS_BYTES),
    free: (gateway) => limitFiles(gateway, 'unlimited'),
    whileReadOnly: (act) => act(WITHOUT_ROOM),
    remove,
  }
}

/** Writes of that process beyond so many bytes of any file fail from now on. */
export function limitFiles({ pid, isDead }: GatewayProcess, bytes: number | 'unlimited'): void {
  if (isDead()) return
  if (!ran(['prlimit', '--pid', String(pid), `--fsize=${bytes}:`])) throw new Error('prlimit is needed for this')
}
