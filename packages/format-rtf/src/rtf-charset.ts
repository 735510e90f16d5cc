/** Code page that bytes without any other statement have. */
export const DEFAULT_CODE_PAGE = 1252;
/** `\fcharset1`: the code page of the document. */
const DEFAULT_CHARSET = 1;

/** Windows code page of each `\fcharset`. Symbol fonts have their own pictures for the bytes of the Windows one. */
const CODE_PAGES: ReadonlyMap<number, number> = new Map([
  [0, 1252],
  [2, 1252],
  [77, 10000],
  [78, 932],
  [79, 949],
  [80, 936],
  [81, 950],
  [83, 1255],
  [84, 1256],
  [85, 10006],
  [86, 10081],
  [87, 874],
  [88, 10029],
  [89, 10007],
  [128, 932],
  [129, 949],
  [134, 936],
  [136, 950],
  [161, 1253],
  [162, 1254],
  [163, 1258],
  [177, 1255],
  [178, 1256],
  [186, 1257],
  [204, 1251],
  [222, 874],
  [238, 1250],
  [254, 437],
  [255, 850],
]);

/** Code page of a font's `\fcharset`; undefined where the document's own holds. */
export function charsetCodePage(charset: number): number | undefined {
  return charset === DEFAULT_CHARSET ? undefined : CODE_PAGES.get(charset);
}
