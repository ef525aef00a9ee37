// RedisModuleClientInfo: what a module may know of a client.

import { CONSTANTS } from '../../abi/constants.ts';
import { STRUCTS } from '../../abi/structs.ts';
import type { Client } from '../dispatch/client.ts';
import type { ModuleInstance } from './instance.ts';

const VERSION = 1n;
const ADDRESS_BYTES = 46;

const OFFSET = Object.fromEntries(
  STRUCTS.RedisModuleClientInfo.fields.map((field) => [field.name, field.at]),
) as Record<(typeof STRUCTS.RedisModuleClientInfo.fields)[number]['name'], number>; // its fields

/** Fills the struct at `ptr`; false when the guest asks for a version that does not exist. */
export function fillClientInfo(m: ModuleInstance, ptr: number, client: Client): boolean {
  if (m.memory.readU64(ptr, 'ci') !== VERSION) return false;
  const address = client.transport?.remoteAddress ?? '?:0';
  const colon = address.lastIndexOf(':');
  let flags = 0;
  if (client.subscriptionCount > 0) flags |= CONSTANTS.REDISMODULE_CLIENTINFO_FLAG_PUBSUB;
  if (client.blocked !== null) flags |= CONSTANTS.REDISMODULE_CLIENTINFO_FLAG_BLOCKED;
  if (client.transaction !== null) flags |= CONSTANTS.REDISMODULE_CLIENTINFO_FLAG_MULTI;
  m.memory.writeU64(ptr + OFFSET.flags, BigInt(flags));
  m.memory.writeU64(ptr + OFFSET.id, BigInt(client.id));
  const host = address.slice(0, colon).slice(0, ADDRESS_BYTES - 1);
  m.memory.fill(ptr + OFFSET.addr, ADDRESS_BYTES, 0);
  m.memory.copyIn(ptr + OFFSET.addr, Buffer.from(host, 'latin1'));
  m.memory.writeU16(ptr + OFFSET.port, Number(address.slice(colon + 1)) || 0);
  m.memory.writeU16(ptr + OFFSET.db, client.db.index);
  return true;
}
