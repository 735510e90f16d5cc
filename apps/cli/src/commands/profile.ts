/** mapi profile: IProfAdmin on the command line. */
import {
  type HomeSubsystem,
  type IProfAdmin,
  MapiError,
  PR_DEFAULT_PROFILE,
  PR_DISPLAY_NAME,
  PR_SERVICE_NAME,
  propOf,
  queryAllRows,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, listOption, textArg } from '../command.ts';
import type { Context } from '../context.ts';
import { missingSettings } from '../settings.ts';
import { layOut, paint, printable } from '../terminal.ts';

interface ProfileRow {
  readonly name: string;
  readonly default: boolean;
  readonly services: readonly string[];
  /** Why it cannot be read. */
  readonly problem?: string;
}

async function readProfiles(admin: IProfAdmin): Promise<readonly ProfileRow[]> {
  await using table = await admin.getProfileTable();
  const rows = await queryAllRows(table, { tags: [PR_DISPLAY_NAME, PR_DEFAULT_PROFILE] });
  const result: ProfileRow[] = [];
  for (const row of rows) {
    const name = propOf(row, PR_DISPLAY_NAME) ?? '';
    result.push({ name, default: propOf(row, PR_DEFAULT_PROFILE) === true, ...(await servicesOf(admin, name)) });
  }
  return result;
}

/** One profile that cannot be read does not hide the others. */
async function servicesOf(admin: IProfAdmin, name: string): Promise<Pick<ProfileRow, 'services' | 'problem'>> {
  try {
    await using services = await admin.adminServices(name);
    await using table = await services.getMsgServiceTable();
    const rows = await queryAllRows(table, { tags: [PR_SERVICE_NAME] });
    return { services: rows.map((service) => propOf(service, PR_SERVICE_NAME) ?? '') };
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    return { services: [], problem: `${error.detail} (${error.code})` };
  }
}

async function printProfiles(context: Context, admin: IProfAdmin, only?: string): Promise<void> {
  const profiles = (await readProfiles(admin)).filter((profile) => only === undefined || profile.name === only);
  context.print({ profiles }, () => {
    if (profiles.length === 0) return 'There are no profiles. Make one: mapi profile create NAME --default';
    const rows = profiles.map((profile) => [
      profile.default ? '*' : '',
      profile.name,
      profile.problem === undefined ? profile.services.join(', ') : `cannot be read: ${profile.problem}`,
    ]);
    return layOut(context.io.terminal, ['', 'profile', 'services'], rows);
  });
}

/** A command that changes profiles and then says what was done. */
function changing(
  usage: string,
  summary: string,
  help: string,
  work: (admin: IProfAdmin, names: readonly string[], context: Context) => Promise<string>,
): CommandSpec {
  return {
    usage,
    summary,
    help,
    run: (context, args) =>
      context.withProfiles(async (admin) => {
        const names = args.filter((value): value is string => typeof value === 'string');
        const done = await work(admin, names, context);
        if (context.json) await printProfiles(context, admin);
        else context.io.out(`${paint(context.io.terminal, 'green', '✓')} ${done}`);
        return EXIT_DONE;
      }),
  };
}

async function createWithServices(admin: IProfAdmin, name: string, services: readonly string[]): Promise<void> {
  await admin.createProfile(name, { defaultServices: services.length === 0 });
  if (services.length === 0) return;
  try {
    await using serviceAdmin = await admin.adminServices(name);
    for (const service of services) await serviceAdmin.createMsgService(service);
  } catch (error) {
    await admin.deleteProfile(name);
    throw error;
  }
}

/** Services that were put in without the settings that they need. */
function noteUnconfigured(context: Context, subsystem: HomeSubsystem, name: string, services: readonly string[]): void {
  for (const service of services) {
    const entry = subsystem.catalogue.services[service];
    const missing = entry === undefined ? [] : missingSettings(entry, {});
    if (missing.length === 0) continue;
    const settings = missing.map((key) => `${key}=…`).join(' ');
    context.note(`next: mapi service set ${service} ${settings} --profile "${name}"`);
  }
}

const create: CommandSpec = {
  usage: 'profile create <name>',
  summary: 'Make a profile.',
  help: 'Makes a profile with the services named by --service, in their order; without any: a personal store, a personal\naddress book and local delivery. Names have up to 64 letters, digits, underscores and inner spaces. The first\nprofile of a MAPI home becomes the default one.\n\nExample: mapi profile create work --default --service sql --service pab',
  options: [
    { flags: '--default', description: 'make it the default profile' },
    { flags: '--service <name>', description: 'service to put in (see: mapi service catalogue)', repeat: true },
  ],
  run: (context, args, options) =>
    context.withProfiles(async (admin, subsystem) => {
      const name = textArg(args, 0);
      const services = listOption(options, 'service');
      await createWithServices(admin, name, services);
      const isDefault = options.default === true || (await subsystem.defaultProfile()) === undefined;
      if (isDefault) await admin.setDefaultProfile(name);
      if (context.json) await printProfiles(context, admin);
      else {
        const whether = isDefault ? ', and is the default one' : '';
        context.io.out(`${paint(context.io.terminal, 'green', '✓')} profile "${printable(name)}" is made${whether}`);
      }
      noteUnconfigured(context, subsystem, name, services);
      return EXIT_DONE;
    }),
};

const list: CommandSpec = {
  usage: 'profile list',
  summary: 'List the profiles.',
  help: 'Lists the profiles of this MAPI home; a star marks the default one.',
  isDefault: true,
  run: (context) =>
    context.withProfiles(async (admin) => {
      await printProfiles(context, admin);
      return EXIT_DONE;
    }),
};

const show: CommandSpec = {
  usage: 'profile show <name>',
  summary: 'Show one profile with its services.',
  help: 'Shows one profile and the services in it. For their configuration: mapi service list --profile NAME.',
  run: (context, args) =>
    context.withProfiles(async (admin) => {
      const name = textArg(args, 0);
      await (await admin.adminServices(name)).release();
      await printProfiles(context, admin, name);
      return EXIT_DONE;
    }),
};

export const PROFILE_COMMANDS: readonly CommandSpec[] = [
  create,
  list,
  show,
  changing(
    'profile copy <name> <newName>',
    'Copy a profile.',
    'Copies a profile with all its services and their configuration.',
    async (admin, [name = '', newName = '']) => {
      await admin.copyProfile(name, newName);
      return `profile "${name}" is copied to "${newName}"`;
    },
  ),
  changing(
    'profile rename <name> <newName>',
    'Rename a profile.',
    'Renames a profile; one that is in use is renamed when its last session ends.',
    async (admin, [name = '', newName = '']) => {
      await admin.renameProfile(name, newName);
      return `profile "${name}" is now "${newName}"`;
    },
  ),
  changing(
    'profile delete <name>',
    'Delete a profile.',
    'Deletes a profile; one that is in use goes when its last session ends. The files of its stores are left.',
    async (admin, [name = '']) => {
      try {
        await admin.deleteProfile(name);
      } catch (cause) {
        if (!MapiError.is(cause, 'MAPI_E_CORRUPT_DATA')) throw cause;
        throw new MapiError(cause.code, `${cause.detail}; remove that file, and the profile is gone`, { cause });
      }
      return `profile "${name}" is deleted; the files of its stores are left`;
    },
  ),
  changing(
    'profile default <name>',
    'Choose the default profile.',
    'Makes a profile the one that is used when none is named.',
    async (admin, [name = '']) => {
      await admin.setDefaultProfile(name);
      return `"${name}" is the default profile`;
    },
  ),
];
