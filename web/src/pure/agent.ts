// The browser and the system that a user agent names, as people call them.

/** Tried in this order: many browsers also name those they are like. */
const BROWSERS: [RegExp, string][] = [
  [/\b(?:Edg|EdgA|EdgiOS)\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\bWhale\/(\d+)/, "Whale"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:Chrome|CriOS|Chromium)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, "Safari"],
  [/\bSafari\/(\d+)/, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad|iOS/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux|X11/, "Linux"],
];
const PROGRAM = /([A-Za-z][\w-]*(?:bot|crawler|spider|externalhit|slurp)[\w-]*)/i;

/** "Firefox 130, Linux", "Googlebot", or the first word of what is not known. */
export function agentName(agent: string): string {
  const named = PROGRAM.exec(agent)?.[1];
  if (named !== undefined) return named;
  const system = SYSTEMS.find(([look]) => look.test(agent))?.[1];
  for (const [look, name] of BROWSERS) {
    const version = look.exec(agent)?.[1];
    if (version !== undefined) {
      // Safari's own number stands elsewhere than in `Safari/`.
      const text = name === "Safari" && !agent.includes("Version/") ? name : `${name} ${version}`;
      return system === undefined ? text : `${text}, ${system}`;
    }
  }
  return agent.trim().split(/[\s(;]/)[0]?.slice(0, 60) ?? "";
}
