/** mapi service: IMsgServiceAdmin on the chosen profile. */
import {
  type CatalogueService,
  fromHex,
  type HomeSubsystem,
  type IMsgServiceAdmin,
  MapiError,
  optionTag,
  optionText,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  PR_SERVICE_NAME,
  PR_SERVICE_UID,
  type PropValue,
  propById,
  propId,
  propOf,
  queryAllRows,
  serviceProps,
  toHex,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, listArg, textArg, textOption, UsageError } from '../command.ts';
import { type Context, NO_DEFAULT_PROFILE } from '../context.ts';
import { isRemoval, readValues, removedKeys, withFilesFromHere, withRequired } from '../settings.ts';
import { giveBack, takeSettings } from '../taken-settings.ts';
import { inColumns, paint, printable } from '../terminal.ts';

interface ServiceRow {
  readonly name: string;
  readonly displayName: string;
  readonly uid: string;
  readonly providers: readonly { readonly type: string; readonly name: string; readonly uid: string }[];
  readonly config: Readonly<Record<string, string>>;
}

const TYPE_NAMES = new Map([
  [33, 'store'],
  [35, 'address book'],
  [36, 'transport'],
  [40, 'hook'],
]);

/** Runs `work` on the services of the chosen profile. */
function withServices<T>(
  context: Context,
  work: (admin: IMsgServiceAdmin, subsystem: HomeSubsystem) => Promise<T>,
): Promise<T> {
  return context.withProfiles(async (profiles, subsystem) => {
    const name = context.profile ?? (await defaultProfile(subsystem));
    await using admin = await profiles.adminServices(name);
    return await work(admin, subsystem);
  });
}

async function defaultProfile(subsystem: HomeSubsystem): Promise<string> {
  const name = await subsystem.defaultProfile();
  if (name === undefined) throw new MapiError('MAPI_E_NOT_FOUND', NO_DEFAULT_PROFILE);
  return name;
}

async function readServices(admin: IMsgServiceAdmin, subsystem: HomeSubsystem): Promise<readonly ServiceRow[]> {
  await using table = await admin.getMsgServiceTable();
  const services = await queryAllRows(table, { tags: [PR_SERVICE_NAME, PR_DISPLAY_NAME, PR_SERVICE_UID] });
  const result: ServiceRow[] = [];
  for (const row of services) {
    const uid = propOf(row, PR_SERVICE_UID) ?? new Uint8Array();
    const name = propOf(row, PR_SERVICE_NAME) ?? '';
    await using providers = await admin.adminProviders(uid);
    await using providerTable = await providers.getProviderTable();
    const rows = await queryAllRows(providerTable, { tags: [PR_RESOURCE_TYPE, PR_DISPLAY_NAME, PR_PROVIDER_UID] });
    const uids = rows.flatMap((provider) => propOf(provider, PR_PROVIDER_UID) ?? []);
    result.push({
      name,
      displayName: propOf(row, PR_DISPLAY_NAME) ?? '',
      uid: toHex(uid),
      providers: rows.map((provider) => ({
        type: TYPE_NAMES.get(propOf(provider, PR_RESOURCE_TYPE) ?? 0) ?? 'other',
        name: propOf(provider, PR_DISPLAY_NAME) ?? '',
        uid: toHex(propOf(provider, PR_PROVIDER_UID) ?? new Uint8Array()),
      })),
      config: await readConfig(admin, uids, subsystem.catalogue.services[name]),
    });
  }
  return result;
}

async function readConfig(
  admin: IMsgServiceAdmin,
  uids: readonly Uint8Array[],
  service: CatalogueService | undefined,
): Promise<Readonly<Record<string, string>>> {
  const config: Record<string, string> = {};
  for (const uid of uids) {
    await using section = await admin.openProfileSection(uid, { forceAccess: true });
    for (const [key, option] of Object.entries(service?.options ?? {})) {
      const tag = optionTag(option.tag);
      const { props } = await section.getProps([tag]);
      const value = propById(props, propId(tag));
      if (value !== undefined && value.tag === tag) config[key] = optionText(value);
    }
  }
  return config;
}

async function printServices(context: Context, admin: IMsgServiceAdmin, subsystem: HomeSubsystem): Promise<void> {
  const services = await readServices(admin, subsystem);
  context.print({ services }, () => {
    if (services.length === 0) return 'The profile has no services. Add one: mapi service add NAME';
    return services.map((service) => describe(context, service)).join('\n');
  });
}

/** What a change answers: the services as they are now for a program, a sentence for a person. */
async function printDone(
  context: Context,
  admin: IMsgServiceAdmin,
  subsystem: HomeSubsystem,
  sentence: string,
): Promise<void> {
  if (context.json) await printServices(context, admin, subsystem);
  else context.io.out(`${paint(context.io.terminal, 'green', '✓')} ${sentence}`);
}

function describe(context: Context, service: ServiceRow): string {
  const config = Object.entries(service.config).map(([key, value]) => `    ${key}=${printable(value)}`);
  const title = `${paint(context.io.terminal, 'bold', service.name)}  ${printable(service.displayName)}  ${paint(context.io.terminal, 'dim', service.uid)}`;
  return [
    title,
    ...service.providers.map((provider) => `    ${provider.type}: ${printable(provider.name)}`),
    ...config,
  ].join('\n');
}

/** Finds a service of the profile by name or by the beginning of its UID. */
async function findService(admin: IMsgServiceAdmin, subsystem: HomeSubsystem, text: string): Promise<ServiceRow> {
  const services = await readServices(admin, subsystem);
  const found = services.filter(
    (service) => service.name === text || (text.length >= 4 && service.uid.startsWith(text.toLowerCase())),
  );
  const [service, second] = found;
  if (service === undefined) {
    const names = services.map((candidate) => candidate.name).join(', ');
    throw new MapiError('MAPI_E_NOT_FOUND', `the profile has no service "${text}"; it has: ${names}`);
  }
  if (second !== undefined)
    throw new UsageError(
      `${found.length} services of the profile are "${text}"; write the beginning of a UID (see: mapi service list)`,
    );
  return service;
}

function catalogued(subsystem: HomeSubsystem, name: string): CatalogueService {
  const service = Object.hasOwn(subsystem.catalogue.services, name) ? subsystem.catalogue.services[name] : undefined;
  if (service === undefined) {
    const known = Object.keys(subsystem.catalogue.services).join(', ');
    throw new MapiError('MAPI_E_NOT_FOUND', `the catalogue has no service "${name}"; there are: ${known}`);
  }
  return service;
}

const add: CommandSpec = {
  usage: 'service add <name> [settings...]',
  summary: 'Add a service to the profile.',
  help: 'Adds a message service and configures it with key=value settings. key=- reads the value from standard input, or\nasks for it on a terminal, as a bare key does; secrets are never shown. Settings that the service needs are asked for. If a setting is refused, the\nservice is not added.\n\nExample: mapi service add smtp host=mail.example.com from=ada@example.com user=ada password=-\n         mapi service add maildir path=/home/ada/Maildir',
  options: [{ flags: '--name <text>', description: 'display name of the service' }],
  run: (context, args, options) =>
    withServices(context, async (admin, subsystem) => {
      const name = textArg(args, 0);
      const service = catalogued(subsystem, name);
      const given = await readValues(context, service, listArg(args, 1));
      const settings = await withRequired(context, name, service, given);
      const values: readonly PropValue[] = serviceProps(service, await withFilesFromHere(context, service, settings));
      const uid = await admin.createMsgServiceEx(name, textOption(options, 'name'));
      try {
        if (values.length > 0) await admin.configureMsgService(uid, values);
      } catch (error) {
        await admin.deleteMsgService(uid);
        throw error;
      }
      await printDone(context, admin, subsystem, `service "${name}" is added; the next session uses it`);
      return EXIT_DONE;
    }),
};

const set: CommandSpec = {
  usage: 'service set <service> <settings...>',
  summary: 'Change the configuration of a service.',
  help: 'Changes settings of a service, which is named by its name or the beginning of its UID. key= with nothing after it\nremoves a setting, also a secret one; a setting that the service needs cannot be removed. If a setting is refused,\nnothing is changed.\n\nExamples: mapi service set smtp port=587 security=starttls; mapi service set smtp user= password=',
  run: (context, args) =>
    withServices(context, async (admin, subsystem) => {
      const service = await findService(admin, subsystem, textArg(args, 0));
      const entry = catalogued(subsystem, service.name);
      const texts = listArg(args, 1);
      const keys = removedKeys(service.name, entry, texts);
      const values = await readValues(
        context,
        entry,
        texts.filter((text) => !isRemoval(text)),
      );
      const props = serviceProps(entry, await withFilesFromHere(context, entry, values));
      const taken = await takeSettings(
        admin,
        service,
        keys.map((key) => optionTag(entry.options[key]?.tag ?? '')),
      );
      try {
        await admin.configureMsgService(fromHex(service.uid), props);
      } catch (error) {
        await giveBack(admin, taken);
        throw error;
      }
      await printDone(context, admin, subsystem, `service "${service.name}" is configured; the next session uses it`);
      return EXIT_DONE;
    }),
};

const remove: CommandSpec = {
  usage: 'service remove <service>',
  summary: 'Remove a service from the profile.',
  help: 'Removes a service, which is named by its name or the beginning of its UID. The files of a store are left.',
  run: (context, args) =>
    withServices(context, async (admin, subsystem) => {
      const service = await findService(admin, subsystem, textArg(args, 0));
      await admin.deleteMsgService(fromHex(service.uid));
      await printDone(context, admin, subsystem, `service "${service.name}" is removed`);
      return EXIT_DONE;
    }),
};

const list: CommandSpec = {
  usage: 'service list',
  summary: 'List the services of the profile.',
  help: 'Lists the services of the chosen profile with their providers and settings. Secrets are not shown.',
  isDefault: true,
  run: (context) =>
    withServices(context, async (admin, subsystem) => {
      await printServices(context, admin, subsystem);
      return EXIT_DONE;
    }),
};

const catalogue: CommandSpec = {
  usage: 'service catalogue',
  summary: 'List the services that can be added.',
  help: 'Lists the services that can be added to a profile, with their settings. mapisvc.json in the MAPI home adds others.',
  run: async (context) => {
    const { services } = (await context.subsystem()).catalogue;
    const rows = Object.entries(services).map(([name, service]) => ({
      name,
      displayName: service.displayName,
      options: service.options,
    }));
    context.print({ services: rows }, () =>
      rows
        .map(
          (row) =>
            `${paint(context.io.terminal, 'bold', row.name)}  ${row.displayName}\n${optionLines(context, row.options)}`,
        )
        .join('\n'),
    );
    return EXIT_DONE;
  },
};

function optionLines(context: Context, options: CatalogueService['options']): string {
  const rows = Object.entries(options).map(([key, option]) => [
    `    ${key}`,
    option.required === true ? 'required' : '',
    option.description,
  ]);
  return inColumns({ ...context.io.terminal, colours: false }, ['    setting', '', 'meaning'], rows);
}

export const SERVICE_COMMANDS: readonly CommandSpec[] = [list, add, set, remove, catalogue];
