export { type AbSuiteOptions, type AbUnderTest, abSuite } from './ab-suite.ts';
