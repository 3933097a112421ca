// What the server says in English, in Korean: refusals, and why events are one issue.

import { because, type Saying, told } from "../pure/told";

const listed = (names: string) => names.replace(/,? or /g, ", ");

const REFUSALS: readonly Saying[] = [
  [/^(.+) \(at character (\d+)\)$/, (text, at) => `${refused(text)} (${at}번째 글자)`],
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
  [/^the work on this answer was broken off; ask again$/, () => "이 답을 만들다가 그만두었습니다. 다시 물어보세요"],
];

export function refused(text: string): string {
  return told(text, REFUSALS);
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
