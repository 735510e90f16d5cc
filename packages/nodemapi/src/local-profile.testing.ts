import assert from 'node:assert/strict';
import type { HomeSubsystem } from './home-subsystem.ts';
import { serviceProps } from './service-options.ts';

/** A profile with a store, and local delivery to `name@example.test`. */
export async function makeProfile(subsystem: HomeSubsystem, name: string): Promise<void> {
  await using admin = await subsystem.MAPIAdminProfiles();
  await admin.createProfile(name);
  await using services = await admin.adminServices(name);
  await services.createMsgServiceEx('sql');
  const uid = await services.createMsgServiceEx('local');
  const { local } = subsystem.catalogue.services;
  assert.ok(local);
  await services.configureMsgService(uid, serviceProps(local, { addresses: `${name}@example.test`, name }));
}
