/** Arithmetic of times, on 64 bits without a sign, where what is beyond is cut off. spec: ftaddft */
import type { FileTime } from '@nodemapi/base';

const BITS = 64;

/** MAPI: FtAddFt. spec: ftaddft */
export function ftAddFt(a: FileTime, b: FileTime): FileTime {
  return BigInt.asUintN(BITS, a + b);
}

/** MAPI: FtSubFt. `a - b`. spec: ftsubft */
export function ftSubFt(a: FileTime, b: FileTime): FileTime {
  return BigInt.asUintN(BITS, a - b);
}

/** MAPI: FtMulDw. A time, so many times. spec: ftmuldw */
export function ftMulDw(count: number, time: FileTime): FileTime {
  return BigInt.asUintN(BITS, BigInt(count >>> 0) * time);
}

/** MAPI: FtMulDwDw. The product of two numbers of 32 bits. spec: ftmuldwdw */
export function ftMulDwDw(a: number, b: number): FileTime {
  return BigInt(a >>> 0) * BigInt(b >>> 0);
}

/** MAPI: FtNegFt. The two's complement. spec: ftnegft */
export function ftNegFt(time: FileTime): FileTime {
  return BigInt.asUintN(BITS, -time);
}
