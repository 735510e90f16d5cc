import { type AbUnderTest, abSuite } from '@nodemapi/conformance';
import { TestAddressBook } from './address-book.testing.ts';
import { check } from './check.ts';

/** Logs on; `close` logs off and fails if the file was damaged. */
async function open(book: TestAddressBook): Promise<AbUnderTest> {
  const logon = await book.logon();
  const logoff = async (): Promise<void> => {
    await logon.logoff();
    await logon.release();
  };
  return {
    logon,
    settle: async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    },
    reopen: async () => {
      await logoff();
      return open(book);
    },
    close: async () => {
      await logoff();
      const findings = await check(book.path());
      await book.close();
      if (findings.length > 0) throw new Error(JSON.stringify(findings));
    },
  };
}

abSuite('ab-sql', async () => open(await TestAddressBook.open()));
