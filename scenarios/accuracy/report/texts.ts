/** What the page explains in words. */

export const HOW_TO_READ = `- **Recall**: of the failures that were planted, how many were found. \`nominal\` is the scenario as it stands in
  \`scenarios/\`; \`all\` has every strength down to barely visible, mixes, and series that only windows show; both with
  every disturbance below.
- **Precision**: of what was found, how much was there.
- **False per 1,000 controls**: findings on traces in which nothing has failed, and incidents of windows that no truth
  accounts for, for every thousand control traces. Each trace counts, however few incidents they would be together.
- **Root right**: the incident names the agent at which the failure was planted.
- **Opens after**: virtual time from the end of the trace that shows it to the event \`opened\`. A trace closes 6 s after its
  last span, which its exporter sends 0.2 s after its end. A live installation adds at most a tick of one second.`;

export const CORPUS_TEXT = `Each tenant is a mesh of agents that runs the same workflows for five minutes: two traces with the failure among twenty
controls (most of them of the same workflow: the same agents, tools and operations), or only controls, or a series. Sixteen
tenants share an installation of four partitions. Tool calls take up to 3 %, 15 % or 40 % longer than asked. The spans’ way
to the door takes turns, so that every cell of the corpus meets each disturbance equally often.

**The truth** is the generator’s: parameters and seed through the definitions of \`docs/design.md\` §5 with ideal times
(\`producers/agents/truth\`, \`scenarios/accuracy/truth\`), and never a detector’s. Where the definition gives another answer
when times are 3 % shorter or the scatter longer, when the share of waiting is within 0.04 of its threshold, or (where spans
are lost) when two spans less would decide, the failure is *undecided*: either answer is right and none is counted. A control
is drawn again until nothing in it is failed or undecided.

**A trace** is judged by its last revision: the root findings whose incident stands (opened and not retracted). What a
finding is of (the callee) must be right, too. An incident that no trace shows by its last revision must be one that the
windows of its mesh show by the definitions, else it is false.`;

export const LIMITS = `- The workflows are synthetic, eight of them, and the definitions are the project’s own: this measures whether ATI finds
  what its definitions say, not whether they are what hurts you.
- Spans that come after a closed trace can no longer open again (10 s after it closed) are not part of the corpus: such spans
  are counted and stored, never analysed.
- Spans are lost one by one, at random. A process that dies loses its last exports as a whole.
- Times are virtual: nothing here says how fast ATI is.`;
