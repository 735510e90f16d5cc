/** Names of the owners of locks and of unsaved values: `host/pid/random`. */

export function processOwner(host: string, pid: number, random: string): string {
  return `${host.replaceAll('/', '_')}/${pid}/${random}`;
}

/** Whether the process behind an owner on this machine is gone; of other machines nobody can tell, so no. */
export function isOwnerDead(owner: string, host: string): boolean {
  const [ownerHost, pid] = owner.split('/');
  if (ownerHost !== host.replaceAll('/', '_') || pid === undefined || !/^\d+$/.test(pid)) return false;
  return Number(pid) !== process.pid && !isAlive(Number(pid));
}

/** Whether it can be told if the process behind an owner lives; not of one with our number, which in a container comes again. */
export function isOwnerTold(owner: string, host: string): boolean {
  const [ownerHost, pid] = owner.split('/');
  return ownerHost === host.replaceAll('/', '_') && pid !== String(process.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // it lives, under another user
  }
}
