import {
  PR_ACCOUNT,
  PR_ANR,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_GIVEN_NAME,
  PR_NICKNAME,
  PR_SMTP_ADDRESS,
  PR_SURNAME,
  type PropTag,
  propId,
  type Restriction,
} from '@nodemapi/mapi';

/** What an ambiguous name is looked for in. */
const ANR_TAGS: readonly PropTag[] = [
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_SMTP_ADDRESS,
  PR_ACCOUNT,
  PR_GIVEN_NAME,
  PR_SURNAME,
  PR_NICKNAME,
];

/** The properties that a restriction asks for, those of subobjects apart. */
export function restrictionTags(restriction: Restriction | null): readonly PropTag[] {
  if (restriction === null || restriction.kind === 'sub') return [];
  if (restriction.kind === 'and' || restriction.kind === 'or') return restriction.of.flatMap(restrictionTags);
  if (restriction.kind === 'compareProps') return [restriction.tag1, restriction.tag2];
  if ('tag' in restriction) return propId(restriction.tag) === propId(PR_ANR) ? ANR_TAGS : [restriction.tag];
  return 'of' in restriction && restriction.of !== undefined ? restrictionTags(restriction.of) : [];
}
