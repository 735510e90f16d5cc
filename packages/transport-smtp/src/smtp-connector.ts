/**
 * Makes connections that are ready for messages: connected, encrypted, logged on; within the rate that is configured, and
 * without trying refused credentials over and over.
 */
import { type Clock, type Log, MapiError, type Permit, withDeadline } from '@nodemapi/base';
import type { AccessTokenSource } from '@nodemapi/mapi';
import { LogonGuard } from './logon-guard.ts';
import { RateLimit } from './rate-limit.ts';
import { cancelledFailure, configurationFailure, type SessionFailure } from './session-failure.ts';
import { type Connected, SmtpClient } from './smtp-client.ts';
import { isByToken, type SmtpConfig, type SmtpCredentials } from './smtp-config.ts';

export interface SmtpConnectorPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Where access tokens come from; without it nobody logs on by one. */
  readonly accessToken?: AccessTokenSource | undefined;
}

type Token = { readonly token: string | undefined } | { readonly failure: SessionFailure };

export class SmtpConnector {
  readonly #config: SmtpConfig;
  readonly #ports: SmtpConnectorPorts;
  readonly #rate: RateLimit;
  readonly #guard: LogonGuard;

  constructor(config: SmtpConfig, ports: SmtpConnectorPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#rate = new RateLimit(config.connectionsPerMinute, ports.clock);
    this.#guard = new LogonGuard(ports.clock);
  }

  /** Why the credentials are not tried now; undefined if they may be. */
  get pause(): SessionFailure | undefined {
    return this.#guard.pause;
  }

  /** Lets refused credentials be tried once more. */
  allowOnce(): void {
    this.#guard.allowOnce();
  }

  /** A new connection, or why there is none. A token that is refused is renewed once. */
  async connect(signal: AbortSignal): Promise<Connected> {
    const { credentials } = this.#config;
    if (credentials === undefined) return this.#open(signal);
    const pause = this.#guard.pause;
    if (pause !== undefined) return { failure: pause };
    const first = await this.#token(credentials, undefined, signal);
    if ('failure' in first) return first;
    const connected = await this.#openAs(credentials, first.token, signal);
    if (first.token === undefined || !isRefused(connected)) return connected;
    const second = await this.#token(credentials, first.token, signal);
    if ('failure' in second) return second;
    if (second.token === first.token) return this.#refused(connected);
    const again = await this.#openAs(credentials, second.token, signal);
    return isRefused(again) ? this.#refused(again) : again;
  }

  async #open(signal: AbortSignal): Promise<Connected> {
    try {
      await this.#rate.turn(signal);
    } catch (error) {
      if (signal.aborted) return { failure: cancelledFailure };
      throw error;
    }
    return SmtpClient.connect(this.#config, this.#ports, signal);
  }

  async #openAs(credentials: SmtpCredentials, token: string | undefined, signal: AbortSignal): Promise<Connected> {
    const connected = await this.#open(signal);
    if ('failure' in connected) return connected;
    const { client } = connected;
    let permit: Permit | undefined;
    try {
      permit = await this.#guard.wait(signal);
    } catch (error) {
      client.close();
      if (signal.aborted) return { failure: cancelledFailure };
      throw error;
    }
    try {
      const failure = this.#guard.pause ?? (await client.login(credentials, token, signal));
      if (failure === undefined) {
        this.#guard.worked();
        return connected;
      }
      client.close();
      return token === undefined && failure.credentialsRefused ? this.#refused({ failure }) : { failure };
    } finally {
      permit?.release();
    }
  }

  #refused<T extends { readonly failure: SessionFailure }>(connected: T): T {
    if (connected.failure.retryAfterSeconds === undefined) this.#guard.refused(connected.failure);
    return connected;
  }

  /** The token to log on with; undefined for a password. */
  async #token(
    { user, tokenCommand: command }: SmtpCredentials,
    refused: string | undefined,
    signal: AbortSignal,
  ): Promise<Token> {
    const { host, timeoutMs } = this.#config;
    if (!isByToken(this.#config)) return { token: undefined };
    const { accessToken, clock } = this.#ports;
    if (accessToken === undefined) return { failure: configurationFailure('this program gives no OAuth2 tokens') };
    const optional = { ...(refused === undefined ? {} : { refused }), ...(command === undefined ? {} : { command }) };
    const request = { user, host, signal, ...optional };
    try {
      const token = await withDeadline(accessToken(request), timeoutMs, clock, 'getting an OAuth2 token');
      if (isToken(token)) return { token };
      return { failure: configurationFailure('what was given as an OAuth2 token is none') };
    } catch (error) {
      if (signal.aborted) return { failure: cancelledFailure };
      const { code, message } = MapiError.from(error, 'transport-smtp');
      const kind = code === 'MAPI_E_LOGON_FAILED' || code === 'MAPI_E_USER_CANCEL' ? 'MAPI_E_LOGON_FAILED' : undefined;
      return { failure: { code: kind ?? 'MAPI_E_NETWORK_ERROR', text: `no OAuth2 token: ${message}` } };
    }
  }
}

/** RFC 6750 2.1 allows fewer characters still; what matters is that none of them ends a line or a field. */
function isToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]+$/u.test(token);
}

function isRefused(connected: Connected): connected is { readonly failure: SessionFailure } {
  return 'failure' in connected && connected.failure.credentialsRefused === true;
}
