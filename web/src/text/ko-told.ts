// What the server says in English, in Korean: refusals, and why events are one issue.

import { because, type Saying, told } from "../pure/told";

/** What an id belongs to. */
const THINGS: Record<string, string> = { request: "요청", issue: "이슈", event: "이벤트" };

const listed = (names: string) => names.replace(/,? or /g, ", ");

const REFUSALS: readonly Saying[] = [
  [/^(level|sort|state|step|who) must be (.+)$/, (what, names) => `${what}에는 ${listed(names)} 가운데 하나를 씁니다`],
  [/^from must be before to$/, () => "from은 to보다 앞선 때여야 합니다"],
  [/^min_ms must be .*$/, () => "최소 시간은 0 이상의 밀리초 수로 씁니다"],
  [/^status must be .*$/, () => "상태는 404 같은 코드, 5xx 같은 부류, 또는 none으로 씁니다"],
  [/^before must be what an earlier answer gave.*$/, () => "이어 볼 곳(before)을 알 수 없습니다. 목록을 처음부터 여세요"],
  [/^this range has more than (\d+) points.*$/, (n) => `이 간격으로는 점이 ${n}개를 넘습니다. 간격을 늘리거나 기간을 줄이세요`],
  [/^(\w+) must be a time such as (.+)$/, (what, names) => `${what}에는 ${listed(names)} 같은 때를 씁니다`],
  [/^(\w+): is given twice; give it once$/, (what) => `${what}: 두 번 쓰였습니다. 한 번만 쓰세요`],
  [/^(\w+): cannot be excluded; leave the - out$/, (what) => `${what}: 뺄 수 없습니다. -를 지우세요`],
  [/^(.+): needs a value directly behind it$/, (what) => `${what}: 바로 뒤에 값이 있어야 합니다`],
  [/^a quotation mark is not closed; add another one$/, () => "따옴표가 닫히지 않았습니다. 하나를 더 쓰세요"],
  [/^a blank must follow a closing quotation mark$/, () => "닫는 따옴표 뒤에는 빈칸이 와야 합니다"],
  [/^pattern must be .*$/, () => "pattern에는 패턴 id인 16진수 16자리를 씁니다"],
  [/^no time is left between .*$/, () => "찾을 기간의 처음과 끝 사이에 남는 시간이 없습니다"],
  [/^(\w+) must be a whole number from 1 to (\d+)$/, (what, most) => `${what}에는 1부터 ${most}까지의 정수를 씁니다`],
  [/^(.+) is not a parameter here; leave it out$/, (what) => `${what}: 여기서는 쓰지 않습니다. 지우세요`],
  [/^request (\w+) is not running; it may have ended$/, (id) => `요청 ${id}: 실행 중이 아닙니다. 끝났을 수 있습니다`],
  [/^request (\w+) is on no thread whose stack can be looked at$/, (id) => `요청 ${id}: 스택을 볼 수 있는 스레드에 있지 않습니다`],
  [/^(\d+) live views are open; close one and try again$/, (n) => `실시간 화면이 ${n}개 열려 있습니다. 하나를 닫고 다시 해 보세요`],
  [
    /^countries are not counted by (.+?): (.+); put a table of countries .*$/,
    (file, why) => `국가를 세지 못합니다. ${file}: ${why}. 그 자리에 MaxMind 형식(.mmdb)의 국가 표를 두거나 haechi.toml의 [traffic] countries를 고치세요`,
  ],
  [/^no app of this name was seen; .*$/, () => "이런 이름의 앱은 본 적이 없습니다. 다른 앱을 고르세요"],
  [/^against must be (.+)$/, (names) => `against에는 ${listed(names)} 가운데 하나를 씁니다`],
  [/^(\w+) must be an? (request|issue|event) id: 16 hexadecimal digits$/, (what, kind) => `${what}에는 ${THINGS[kind]} id인 16진수 16자리를 씁니다`],
  [/^request (\w+) is not stored; .*$/, (id) => `요청 ${id}: 저장되어 있지 않습니다. 너무 오래되었거나 아직 끝나지 않았을 수 있습니다`],
  [/^issue (\w+) is not stored; .*$/, (id) => `이슈 ${id}: 저장되어 있지 않습니다`],
  [/^event (\w+) is not stored; .*$/, (id) => `이벤트 ${id}: 저장되어 있지 않습니다. 그날의 기록이 지워졌을 수 있습니다`],
  [/^no request was handled by this release then$/, () => "그때 이 릴리스가 처리한 요청이 없습니다"],
  [/^the slowest requests have no pages; .*$/, () => "느린 순서로는 다음 쪽이 없습니다. 기간을 줄이거나 한 번에 더 많이 보세요"],
  [/^release must have 1 to (\d+) bytes; or leave it out$/, (most) => `릴리스는 1에서 ${most} 바이트까지입니다. 아니면 비워 두세요`],
  [/^release goes with state resolved only; leave it out$/, () => "릴리스는 해결됨 상태에만 쓸 수 있습니다. 지우세요"],
  [/^(\w+) goes with state ignored only; leave it out$/, (what) => `${what}: 무시 상태에만 쓸 수 있습니다. 지우세요`],
  [/^until must be a time to come such as (.+)$/, (names) => `until에는 ${listed(names)} 같은 앞으로 올 때를 씁니다`],
  [/^(?:the )?step must be (?:whole minutes|a multiple of one minute, .*)$/, () => "간격은 분 단위여야 합니다"],
  [/^patterns are found by words of their text, level, app and logger$/, () => "패턴은 글의 낱말, 레벨, 앱, 로거로만 찾습니다"],
  [/^the search text is longer than ([\d,]+) bytes; use fewer words$/, (most) => `찾을 말이 ${most} 바이트를 넘습니다. 낱말을 줄이세요`],
  [/^the search text has no word; type letters or digits$/, () => "찾을 낱말이 없습니다. 글자나 숫자를 쓰세요"],
  [/^the search text has more than (\d+) words; use fewer$/, (most) => `찾을 낱말이 ${most}개를 넘습니다. 줄이세요`],
  [/^the query string is longer than (\d+) bytes; ask for less$/, (most) => `질문이 ${most} 바이트를 넘습니다. 줄이세요`],
  [/^(\S+) is given twice; give it once$/, (what) => `${what}: 두 번 쓰였습니다. 한 번만 쓰세요`],
  [/^(\S+) is not percent-encoded UTF-8$/, (what) => `${what}: 주소에 쓸 수 없는 글자가 있습니다`],
  [/^a parameter has no name; .*$/, () => "이름 없는 값이 있습니다. 이름=값으로 쓰세요"],
  [/^too many questions are being answered; .*$/, () => "너무 많은 질문에 답하고 있습니다. 잠시 뒤 다시 해 보세요"],
  [/^the query took longer than allowed; .*$/, () => "너무 오래 걸려 멈추었습니다. 기간을 줄이거나 더 적게 물어보세요"],
  [/^the disk is full; .*$/, () => "디스크가 가득 찼습니다. 자리를 비우거나 저장소 예산을 낮추세요"],
  [/^the store was left in an unknown state by a failed thread; .*$/, () => "저장소의 상태를 알 수 없습니다. 프로그램을 다시 시작하세요"],
  [/^the content-type must be application\/json$/, () => "내용의 형식은 application/json이어야 합니다"],
  [/^the body is longer than (\d+) bytes; send less$/, (most) => `보낸 내용이 ${most} 바이트를 넘습니다. 줄이세요`],
  [/^the body did not come within (\d+) s; .*$/, (most) => `보낸 내용이 ${most}초 안에 오지 않았습니다. 한 번에 보내세요`],
  [/^a change must carry the header X-Haechi: 1$/, () => "변경에는 X-Haechi: 1 헤더가 있어야 합니다"],
  [/^a change must come from the dashboard itself$/, () => "변경은 이 화면에서만 할 수 있습니다"],
  [/^the host must be localhost, .*$/, () => "주소는 localhost, 127.0.0.1, [::1] 가운데 하나여야 합니다. 그 주소로 다시 여세요"],
  [/^the request came through a proxy \((.+)\); .*$/, (name) => `프록시를 거쳐 온 요청입니다 (${name}). Haechi는 이 컴퓨터의 프로그램에만 답합니다`],
  [/^the request comes from a page of another (?:origin|site)$/, () => "다른 사이트의 화면에서 온 요청입니다"],
  [/^(\S+) is not allowed here; it is (read by GET|changed by POST)$/, (method, way) => `${method}: 여기서는 쓸 수 없습니다. ${way.startsWith("read") ? "GET으로 읽습니다" : "POST로 바꿉니다"}`],
  [/^there is nothing at this path; .*$/, () => "이 주소에는 아무것도 없습니다"],
  [/^the work on this answer was broken off; ask again$/, () => "이 답을 만들다가 그만두었습니다. 다시 물어보세요"],
];

const PLACED = /^(.+) \(at character (\d+)\)$/;

/** A refusal in Korean, or null for one that is not known. */
export function refused(text: string): string | null {
  const [, sentence = text, at] = PLACED.exec(text) ?? [];
  const otherwise = told(sentence, REFUSALS);
  if (otherwise === sentence) return null;
  return at === undefined ? otherwise : `${otherwise} (${at}번째 글자)`;
}

const DIED = /^same because all are workers (.+) in the route (.+)$/;

export function becauseOf(reason: string): string {
  const died = DIED.exec(reason);
  if (died !== null) return `같은 이슈로 묶은 까닭: 라우트 ${died[2]}의 워커가 같은 방식으로 끝남 (${died[1]})`;
  const found = because(reason);
  if (found === null) return reason;
  const parts = [
    found.kind,
    ...(found.message === "" ? [] : [`메시지 “${found.message}”`]),
    found.place === "" ? "앱의 코드는 지나지 않음" : `일어난 곳 ${found.place}`,
    ...(found.callers === 0 ? [] : [`거쳐 온 앱 함수 ${found.callers}개`]),
    ...(found.after === "" ? [] : [`앞선 예외 ${found.after}`]),
  ];
  return `같은 이슈로 묶은 까닭, 모두 같음: ${parts.join(", ")}`;
}
