/** What the page explains in words. */

export const HOW_TO_READ = `- **Recall**: of the failures that were planted, how many were found. \`nominal\` is the scenario as it stands in
  \`scenarios/\`; \`all\` has every strength down to barely visible, mixes, and series that only windows show; both with
  every disturbance below.
- **Precision**: of what was found, how much was there; what is false on any trace or window counts against it.
- **False per 1,000 controls**: findings on traces in which nothing has failed, and incidents of windows that no truth
  accounts for, for every thousand control traces; in brackets their number. Each trace counts, however few incidents they
  would be together.
- **Root right**: the incident names the agent at which the failure was planted.
- **Opens after**: virtual time from the end of the trace that shows it to the event \`opened\`. A trace closes 6 s after its
  last span, which its exporter sends 0.2 s after its end. A live installation adds at most a tick of one second.`;

export const WHERE_FALSE = `The number in brackets above is \`on control traces\` and \`incidents of windows\` together. Precision counts \`all\`, thus
also findings on traces in which something else was planted. “What went wrong” lists the same ones: those on traces
together, those of windows by themselves.`;

export const STRENGTHS = `Recall by strength, of failures that one trace shows. \`nominal\` is the scenario as it stands in \`scenarios/\`; \`undecided\`
are traces in which chance decides whether the failure is there by its definition: they are not counted.`;

export const STRENGTHS_READ = `How to read it: from \`extreme\` to \`barely\` a failure gets harder to see, and recall may fall towards \`barely\`, which lies
right at the definition’s threshold. **Only \`nominal\` has a target.** A change that takes a weaker strength from 1.000
to 0.883 misses none, yet it changes this page, and \`--check\`, which CI runs, fails on any line that changes: it shows
the line before and after. Whoever accepts the fall writes the page again and commits it, so that it stands in a diff. One
trace of 60 is 0.017. By the rule of three, 60 of 60 say no more than that recall is above 0.95 (with 95 % confidence), 160
of 160 that it is above 0.98.`;

export const SERIES = `Thirty runs of one mesh within five minutes; the failure counts as found when its incident opens (two of three windows).
\`opens after\` counts from the end of the first of these runs.`;

export const CONFUSION = `Rows: what was planted; columns: what was found. One count for each failure of a trace, whatever its root; a failure that
was missed counts with each false finding of its trace. \`nothing\` / \`nothing\` are the traces without a failure in which
none was found. Series and incidents of windows are not in it: with the series above, a row’s failures are those of
\`recall, all\`.`;

export const WAYS = `\`failures\` and \`false\` are those of single traces; series are not in it.`;

export const CORPUS_TEXT = `Each tenant is a mesh of agents that runs the same workflows for five minutes: two traces with the failure among twenty
controls (most of them of the same workflow: the same agents, tools and operations), or only controls, or a series. Sixteen
tenants share an installation of four partitions. Tool calls take up to 3 %, 15 % or 40 % longer than asked. The spans’ way
to the door takes turns, so that every cell of the corpus meets each disturbance about equally often.

**The truth** is the generator’s: parameters and seed through the definitions of \`docs/design.md\` §5 with ideal times
(\`producers/agents/truth\`, \`scenarios/accuracy/truth\`), and never a detector’s. Where the definition gives another answer
when times are 3 % shorter or the scatter longer, when the share of waiting lies up to 0.04 above its threshold or 0.04 and a
fifth of the scatter below it, or (where spans are lost) when two spans less or a slightly lower amplification would decide,
the failure is _undecided_: either answer is right and none is counted. A control is drawn again until nothing in it is failed
or undecided.

**A trace** is judged by its last revision: the root findings whose incident stands (opened and not retracted). What a
finding is of (the callee) must be right, too. An incident that no trace shows by its last revision must be one that the
windows of its mesh show by the definitions, else it is false.`;

export const LIMITS = `- The workflows are synthetic, eight of them, and the definitions are the project’s own: this measures whether ATI finds
  what its definitions say, not whether they are what hurts you.
- Spans that come after a closed trace can no longer open again (10 s after it closed) are not part of the corpus: such spans
  are counted and stored, never analysed.
- Spans are lost one by one, at random. A process that dies loses its last exports as a whole.
- Times are virtual: nothing here says how fast ATI is.`;
