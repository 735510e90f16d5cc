/** The grammar of `mapi list --where` for people: `mapi help where`. */
export const WHERE_GRAMMAR = `mapi list FOLDER --where EXPR shows the rows for which EXPR holds. EXPR can say whatever a MAPI restriction can.

  PROPERTY = VALUE             also != < <= > >=; ~ is RELOP_RE
  PROPERTY = PROPERTY          compares two properties of the row
  PROPERTY contains "text"     the text is in it; startswith: at the beginning; is: the whole of it
  PROPERTY contains/i "text"   /i ignores case, /d diacritics, /id both; the same after startswith and is
  PROPERTY has BITS            some of the bits are set; hasnt: none of them
  exist(PROPERTY)              the row has the property
  size(PROPERTY) > BYTES       compares the size of the value
  sub(PR_MESSAGE_RECIPIENTS, EXPR)       EXPR holds for a recipient; PR_MESSAGE_ATTACHMENTS: for an attachment
  count(N, EXPR)               at most N rows for which EXPR holds
  comment("text", EXPR)        EXPR with a remark
  EXPR and EXPR, EXPR or EXPR, not EXPR, ( EXPR )      not binds tightest, then and, then or

PROPERTY is a name such as PR_SUBJECT or PidTagSubject, or a tag such as 0x0037001F.
VALUE is a number (0x… is hex), true, false or a text in quotes; inside a text \\" is a quote.
Times are ISO 8601 in quotes, binary values hex in quotes: "2026-11-22T08:00:00Z", "00ff".

Examples:
  mapi list Inbox --where 'PR_SUBJECT contains/i "plan" and PR_MESSAGE_SIZE > 10000'
  mapi list Inbox --where 'not PR_MESSAGE_FLAGS has 1'
  mapi list Inbox --where 'PR_MESSAGE_DELIVERY_TIME >= "2026-11-01T00:00:00Z"'
  mapi list Inbox --where 'sub(PR_MESSAGE_RECIPIENTS, PR_EMAIL_ADDRESS startswith/i "ada@")'`;
