/**
 * The message services that come with nodemapi, as mapisvc entries. `<home>/mapisvc.json` adds others.
 *
 * Option tags lie in the providers' own range 0x6600–0x67EF; 0x67F0 holds the secret of a service.
 */
import type { Catalogue, CatalogueService } from '@nodemapi/mapi';

const sql: CatalogueService = {
  displayName: 'Personal message store',
  module: '@nodemapi/store-sql',
  resourceFlags: ['SERVICE_NO_PRIMARY_IDENTITY'],
  providers: [
    {
      displayName: 'Personal message store',
      providerDisplay: 'nodemapi message store (SQLite)',
      module: '@nodemapi/store-sql',
      resourceType: 'MAPI_STORE_PROVIDER',
      resourceFlags: ['STATUS_DEFAULT_STORE', 'STATUS_PRIMARY_STORE', 'STATUS_NO_PRIMARY_IDENTITY'],
    },
  ],
  options: {
    path: { tag: '0x6601001f', description: 'File of the store; below the MAPI home if it is relative.' },
    name: { tag: '0x3001001f', description: 'Name that people see.' },
  },
};

const memory: CatalogueService = {
  displayName: 'Message store in memory',
  module: '@nodemapi/store-memory',
  resourceFlags: ['SERVICE_NO_PRIMARY_IDENTITY'],
  providers: [
    {
      displayName: 'Message store in memory',
      providerDisplay: 'nodemapi message store (memory)',
      module: '@nodemapi/store-memory',
      resourceType: 'MAPI_STORE_PROVIDER',
      resourceFlags: ['STATUS_NO_PRIMARY_IDENTITY'],
    },
  ],
  options: { name: { tag: '0x3001001f', description: 'Name that people see.' } },
};

const pst: CatalogueService = {
  displayName: 'PST or OST file',
  module: '@nodemapi/store-pst',
  resourceFlags: ['SERVICE_NO_PRIMARY_IDENTITY'],
  providers: [
    {
      displayName: 'PST or OST file',
      providerDisplay: 'nodemapi PST file (read-only)',
      module: '@nodemapi/store-pst',
      resourceType: 'MAPI_STORE_PROVIDER',
      resourceFlags: ['STATUS_NO_DEFAULT_STORE', 'STATUS_NO_PRIMARY_IDENTITY'],
    },
  ],
  options: {
    path: {
      tag: '0x6700001f',
      description: 'The .pst or .ost file, which is only read; below the MAPI home if it is relative.',
      required: true,
    },
    name: { tag: '0x3001001f', description: 'Name that people see.' },
  },
};

const pab: CatalogueService = {
  displayName: 'Personal address book',
  module: '@nodemapi/ab-sql',
  resourceFlags: ['SERVICE_SINGLE_COPY', 'SERVICE_NO_PRIMARY_IDENTITY'],
  providers: [
    {
      displayName: 'Personal address book',
      providerDisplay: 'nodemapi address book (SQLite)',
      module: '@nodemapi/ab-sql',
      resourceType: 'MAPI_AB_PROVIDER',
      resourceFlags: ['STATUS_NO_PRIMARY_IDENTITY'],
    },
  ],
  options: {
    path: { tag: '0x6601001f', description: 'File of the address book; below the MAPI home if it is relative.' },
  },
};

const local: CatalogueService = {
  displayName: 'Local delivery',
  module: '@nodemapi/transport-local',
  // An account that the world can answer to is the identity, where there is one.
  resourceFlags: ['SERVICE_SINGLE_COPY'],
  providers: [
    {
      displayName: 'Local delivery',
      providerDisplay: 'nodemapi local delivery',
      module: '@nodemapi/transport-local',
      resourceType: 'MAPI_TRANSPORT_PROVIDER',
      resourceFlags: [],
    },
  ],
  options: {
    addresses: { tag: '0x6601001f', description: 'Addresses that are delivered to this profile, separated by ";".' },
    name: { tag: '0x6602001f', description: 'Display name of the sender.' },
  },
};

/** A place that others put mail into; the two forms have one library. */
function maildrop(format: 'maildir' | 'mbox', displayName: string, what: string): CatalogueService {
  return {
    displayName,
    module: '@nodemapi/transport-maildrop',
    resourceFlags: ['SERVICE_NO_PRIMARY_IDENTITY'],
    providers: [
      {
        displayName,
        providerDisplay: `nodemapi maildrop transport (${format})`,
        module: '@nodemapi/transport-maildrop',
        resourceType: 'MAPI_TRANSPORT_PROVIDER',
        resourceFlags: ['STATUS_NO_PRIMARY_IDENTITY'],
        props: { '0x6605001f': format },
      },
    ],
    options: {
      path: { tag: '0x6601001f', description: `${what}; below the MAPI home if it is relative.`, required: true },
      after: {
        tag: '0x6602001f',
        description: 'What becomes of a message there when it has been received: keep or delete.',
        default: 'keep',
      },
      address: { tag: '0x6603001f', description: 'Address that the mail is for.' },
      name: { tag: '0x6604001f', description: 'Display name of the receiver.' },
      remote: {
        tag: '0x6606000b',
        description: 'Whether nothing is fetched but what is asked for, by the list of what waits (mapi headers).',
        default: 'false',
      },
    },
  };
}

const smtp: CatalogueService = {
  displayName: 'SMTP mail',
  module: '@nodemapi/transport-smtp',
  resourceFlags: ['SERVICE_PRIMARY_IDENTITY'],
  providers: [
    {
      displayName: 'SMTP mail',
      providerDisplay: 'nodemapi SMTP transport',
      module: '@nodemapi/transport-smtp',
      resourceType: 'MAPI_TRANSPORT_PROVIDER',
      resourceFlags: ['STATUS_PRIMARY_IDENTITY'],
    },
  ],
  options: {
    host: { tag: '0x6601001f', description: 'Host name or address of the server.', required: true },
    port: { tag: '0x66020003', description: 'Port; 587 if omitted, 465 with security=tls.' },
    security: {
      tag: '0x6603001f',
      description: 'starttls, tls, opportunistic (a password is sent only encrypted), or none.',
      default: 'starttls',
    },
    user: { tag: '0x6604001f', description: 'User name for AUTH.' },
    password: { tag: '0x67f0001f', description: 'Password for AUTH; kept in the secret store.' },
    from: { tag: '0x6605001f', description: 'Address of the sender.', required: true },
    fromName: { tag: '0x6606001f', description: 'Display name of the sender.' },
    ehlo: { tag: '0x6607001f', description: 'Name given in EHLO.' },
    connections: { tag: '0x66080003', description: 'Connections at most.' },
    timeout: { tag: '0x66090003', description: 'Seconds to wait for an answer of the server.' },
    verify: { tag: '0x660a000b', description: 'Whether the certificate of the server is checked.', default: 'true' },
    pin: {
      tag: '0x660d001f',
      description: 'sha256:… of the certificate of the server or of its key, in place of the check; several with ";".',
    },
    auth: { tag: '0x660e001f', description: 'password, or oauth2: by tokens that the program gives.' },
    tokenCommand: {
      tag: '0x6616001f',
      description:
        'Command that prints an OAuth2 token, for auth=oauth2: the absolute path of a program, and its arguments.',
    },
    plainPassword: {
      tag: '0x660c000b',
      description: 'Whether security=none may send the password to another computer.',
    },
    messagesPerMinute: { tag: '0x660f0003', description: 'Messages in any minute at most; no limit if omitted.' },
    connectionsPerMinute: { tag: '0x66100003', description: 'New connections in any minute at most.' },
    messagesPerConnection: { tag: '0x66110003', description: 'Messages after which a connection is made anew; 100.' },
    recipients: { tag: '0x66120003', description: 'Recipients of one transaction at most; 100.' },
    messageTimeout: {
      tag: '0x66130003',
      description: 'Seconds that one message may take, and one more for each 8 KiB of it; 1800.',
    },
    dkimSelector: { tag: '0x6615001f', description: 'Selector of the DKIM signature; without it nothing is signed.' },
    dkimKey: { tag: '0x67f1001f', description: 'Private RSA key of the DKIM signature, in PEM.' },
    dkimDomain: { tag: '0x6614001f', description: 'Domain of the DKIM signature; that of the sender if omitted.' },
    dsn: {
      tag: '0x660b000b',
      description: 'Whether delivery notifications are asked for where the server offers them.',
    },
  },
};

/** What is in the catalogue without any file. */
export const BUILTIN_CATALOGUE: Catalogue = {
  services: {
    sql,
    memory,
    pst,
    pab,
    local,
    smtp,
    maildir: maildrop('maildir', 'Mail in a maildir', 'The maildir, with its folders new and cur'),
    mbox: maildrop('mbox', 'Mail in an mbox file', 'The mbox file'),
  },
  defaultServices: ['sql', 'pab', 'local'],
};
