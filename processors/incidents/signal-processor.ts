import type { Decoded } from '#schemas/codec.ts';
import type { Fact, Finding, FindingKind, OperatorAction } from '#schemas/events.ts';
import { readFindings } from '#schemas/read-signal.ts';
import type { ConfiguredDetectors } from '../detectors/registry.ts';
import { DROP, OK, type Outcome } from '../outcome.ts';
import { evaluateWindow, type Found, ofSignal, persists, rootFindings, toldBy } from '../windows/evaluate.ts';
import { Group, type Held } from '../windows/group.ts';
import { guardWindows, type WindowBug } from '../windows/guarded.ts';
import { boundaryAfter, boundaryFrom, endAt, firstEnd, hopOf, isTooOld } from '../windows/hopping.ts';
import { retentionMs, type WindowSettings } from '../windows/settings.ts';
import { isTraffic } from '../windows/slice.ts';
import type { Sources } from '../windows/sources.ts';
import { nothingTaken, type Taken, traceIdOf } from '../windows/waiting.ts';
import type { Window } from '../windows/window.ts';
import { atAction, atIdleCheck, atSignal, atWindow } from './applied.ts';
import type { Incident } from './incident.ts';
import type { InputFloor } from './input-floor.ts';
import { Intake } from './intake.ts';
import { type IncidentOutputs, Ledger } from './ledger.ts';
import {
  type Frame,
  IDLE_MS,
  type Moment,
  onErased,
  onFinding,
  onIdle,
  onWindowClean,
  onWindowFound,
} from './lifecycle.ts';
import { onAction } from './operator.ts';
import type { SignalPosition } from './position.ts';
import { asUnitBug } from './unit-bug.ts';

export interface SignalStart extends SignalPosition {
  /** Offset of the first record it gets. */
  readonly offset: number;
  /** The incidents of this partition, from ati.incident-state. */
  readonly incidents: readonly Incident[];
  /** Units of work (see UnitBug) that threw too often: they are passed over. */
  readonly passOver?: ReadonlySet<string>;
}

const nothing = () => undefined;

/**
 * Stage 2 for one partition of ati.signals: a pure function of its records, whatever their interleaving (design §4, §5).
 *
 * The logical time is the least clock of all source partitions. What lies before it is complete and is applied in one
 * order: at each moment first the windows that close, then the signals. Effects before `start.done` were applied by an
 * earlier run: the replay only fills the windows again.
 */
export class SignalProcessor {
  /** `unfit`: actions of operators that no longer fitted their incident. */
  readonly stats = { late: 0, duplicates: 0, events: 0, unfit: 0 };
  readonly #settings: WindowSettings;
  readonly #detectors: ConfiguredDetectors;
  readonly #start: SignalStart;
  readonly #intake: Intake;
  readonly #sources: Sources;
  readonly #ledger: Ledger;
  readonly #groups = new Map<string, Group>();
  readonly #input: InputFloor;
  readonly #retention: number;
  readonly #telling = (facts: readonly Fact[]) => toldBy(facts, this.#detectors);
  /** What is being applied. */
  readonly #taken = nothingTaken();
  #bugs: WindowBug[] = [];
  /** The next moment at which windows close. */
  #boundary = -Infinity;

  constructor(settings: WindowSettings, detectors: ConfiguredDetectors, start: SignalStart) {
    this.#settings = settings;
    this.#detectors = guardWindows(detectors, (bug) => this.#bugs.push(bug));
    this.#start = start;
    this.#intake = new Intake({
      sources: settings.sources,
      start,
      onDuplicate: () => this.stats.duplicates++,
      act: (offset, action) => this.#act(offset, action),
    });
    this.#sources = this.#intake.sources;
    this.#input = this.#intake.input;
    this.#ledger = new Ledger(start.incidents);
    this.#retention = retentionMs(settings);
  }

  /** The logical time; -1 until every source was heard of. */
  get clock(): number {
    return this.#sources.clock;
  }

  get liveIncidents(): number {
    return this.#ledger.live;
  }

  /**
   * Takes a record in, its bytes (nothing of them is kept) or what somebody else has decoded; `advance` applies what it has
   * made complete. `writtenAt`: the record's time, unix ms. Both throw a UnitBug where the code is wrong: after it this
   * processor is of no use.
   */
  add(offset: number, record: Uint8Array | Decoded, writtenAt = Infinity): Outcome {
    const { passOver } = this.#start;
    if (passOver !== undefined && passOver.size > 0 && passOver.has(`record ${offset}`))
      return this.#intake.refuse(offset, 'record', 'bug');
    try {
      return this.#intake.take(offset, record, writtenAt);
    } catch (error) {
      throw asUnitBug(`record ${offset}`, error);
    }
  }

  /** Applies everything before the logical time; returns what is to be written, and which detectors threw. */
  advance(): IncidentOutputs & { readonly bugs: readonly WindowBug[] } {
    this.#catchUp();
    const outputs = this.#ledger.drain();
    this.stats.events += outputs.events.length;
    const bugs = this.#bugs;
    this.#bugs = [];
    return { ...outputs, bugs };
  }

  #catchUp(): void {
    const sources = this.#sources;
    const signal = this.#taken;
    for (;;) {
      const partition = sources.next();
      // Windows that close at the moment of a signal close before it; those at the clock itself wait for it to pass.
      this.#close(partition < 0 ? sources.clock - 1 : sources.clockOf(partition));
      if (partition < 0) break;
      sources.take(partition, signal);
      this.#apply(signal);
    }
  }

  /** An operator's action, after everything that the log before it makes complete. */
  #act(offset: number, action: OperatorAction): Outcome {
    // What was read before the last commit was applied before it.
    if (!this.#intake.isNew(offset)) return DROP;
    this.#catchUp();
    const at = Math.max(0, this.clock);
    const position = atAction(at, offset);
    const fits = this.#ledger.apply(action.incidentId, position, (incident) =>
      onAction(incident, action, { at, position }),
    );
    if (!fits) this.stats.unfit++;
    return fits ? OK : DROP;
  }

  /** What to commit once the outputs are written; undefined while nothing can be said. */
  position(): (SignalPosition & { offset: number }) | undefined {
    const done = this.#sources.clock;
    if (done < 0 || done < this.#start.done) return undefined;
    const floor = Math.max(this.#start.floor, done - this.#retention - this.#settings.hopMs);
    return { done, floor, read: this.#input.next, offset: this.#input.offset(floor) };
  }

  /** Does one unit of work, or what stands for it where it is to be passed over. */
  #unit<T>(unit: string, work: () => T, passed: () => T): T {
    if (this.#start.passOver?.has(unit)) return passed();
    try {
      return work();
    } catch (error) {
      throw asUnitBug(unit, error);
    }
  }

  /** True where an earlier run has applied the effects of this moment. */
  #muted(time: number): boolean {
    return time < this.#start.done;
  }

  /** Passes every boundary up to `time`, inclusive. */
  #close(time: number): void {
    if (time < this.#boundary) return;
    for (;;) {
      const next = Math.max(this.#boundary, this.#nextNeeded());
      if (next > time) break;
      this.#pass(next);
      this.#boundary = boundaryAfter(this.#settings, next);
    }
    // What lies behind has no effect any more, whether it was passed or skipped.
    this.#boundary = Math.max(this.#boundary, boundaryAfter(this.#settings, time));
  }

  /** The first boundary that can have an effect: none without signals, the idle check's with incidents only. */
  #nextNeeded(): number {
    if (this.#groups.size > 0) return -Infinity;
    let first = Infinity;
    for (const id of this.#ledger.liveOf())
      first = Math.min(first, this.#ledger.get(id)!.trafficEnd + IDLE_MS);
    return boundaryFrom(this.#settings, first);
  }

  #pass(time: number): void {
    const muted = this.#muted(time);
    for (const key of [...this.#groups.keys()].sort()) {
      const group = this.#groups.get(key)!;
      const late = [...group.dirty].sort((a, b) => a - b);
      group.dirty.clear();
      const close = () => {
        for (const end of late) this.#closeWindow(group, end, time, true);
        this.#closeWindow(group, endAt(this.#settings, time), time, false);
      };
      if (!muted) this.#unit(`windows of ${key.replaceAll('\0', '/')} at ${time}`, close, nothing);
      group.purge(time - this.#retention);
      if (group.empty) this.#groups.delete(key);
    }
    if (!muted) this.#unit(`idle check at ${time}`, () => this.#checkIdle(time), nothing);
  }

  #closeWindow(group: Group, end: number, time: number, late: boolean): void {
    // Most windows of most groups: nothing to be found, and nothing that waits to be resolved.
    const signals = group.window(end);
    if (signals.traffic === 0) return;
    if (signals.tellsNothing && !this.#ledger.hasLive(group.key)) return;
    const start = end - this.#settings.windowMs;
    const position = atWindow(time, end);
    const moment: Moment = { at: time, position, windowStart: start, windowEnd: end };
    const found = evaluateWindow(group, signals, start, end, this.#detectors);
    for (const id of new Set([...this.#ledger.liveOf(group.key), ...found.keys()])) {
      const shown = found.get(id);
      this.#ledger.apply(id, position, (incident) => {
        if (shown === undefined) {
          if (late || incident === undefined || !this.#couldShow(incident, signals)) return undefined;
          return onWindowClean(incident, moment);
        }
        const lasting = () => persists(group, id, end, this.#settings, this.#detectors);
        return onWindowFound(incident, shown, moment, this.#frame(group, shown), late, lasting);
      });
    }
  }

  /** True where a window's traffic could have shown the incident. */
  #couldShow({ last }: Incident, signals: Window): boolean {
    const detector = this.#detectors.all.find((each) => each.detector.kind === last.kind)?.detector;
    if (detector?.couldShow === undefined) return true;
    const { couldShow } = detector;
    return signals.some((signal) => couldShow(last.signature, signal));
  }

  #checkIdle(time: number): void {
    const position = atIdleCheck(time);
    for (const id of this.#ledger.liveOf())
      this.#ledger.apply(id, position, (incident) => {
        if (incident === undefined) return undefined;
        const { windowStart, windowEnd } = incident.last;
        return onIdle(incident, { at: time, position, windowStart, windowEnd });
      });
  }

  #apply(signal: Taken): void {
    const { clock: time, eventTime, tails, tail } = signal;
    if (isTooOld(this.#settings, eventTime, time)) {
      this.stats.late++;
      return;
    }
    const group = this.#groupOf(signal);
    const slot = group.find(signal);
    const held = slot < 0 ? undefined : group.held(slot);
    // One that is too old to count is as if it were gone: whether it was freed already must not matter.
    const former = held !== undefined && !isTooOld(this.#settings, held.eventTime, time) ? held : undefined;
    if (former !== undefined && former.revision >= signal.revision) {
      this.stats.duplicates++;
      return;
    }
    group.put(signal, slot);
    if (former !== undefined || isTraffic(signal)) group.touch(eventTime, time);
    if (this.#muted(time)) return;
    // Most signals have no effect but on windows.
    if (!tails.hasFindings(tail) && (former === undefined || former.findings.length === 0)) return;
    const { partition, offset, sequence } = signal;
    const effects = () => this.#findings(group, former, signal, time);
    this.#unit(`signal ${partition}/${offset}/${sequence}`, effects, nothing);
  }

  #groupOf({ name }: Taken): Group {
    let group = this.#groups.get(name.key);
    if (group === undefined) {
      const rootsOf = (findings: readonly Finding[]) => rootFindings(name.id, findings);
      group = new Group(name, this.#settings, this.#telling, rootsOf);
      this.#groups.set(name.key, group);
    }
    return group;
  }

  #findings(group: Group, former: Held | undefined, signal: Taken, time: number): void {
    const { windowMs } = this.#settings;
    const { tails, tail, eventTime } = signal;
    const windowEnd = firstEnd(this.#settings, hopOf(this.#settings, eventTime));
    const position = atSignal(signal);
    const moment: Moment = { at: time, position, windowStart: windowEnd - windowMs, windowEnd };
    const now = group.rootsOf(readFindings(tails.bytes, tails.findingsAt(tail)));
    const traceId = traceIdOf(signal);
    for (const [id, finding] of now) {
      const found = ofSignal(id, finding, traceId, eventTime);
      this.#ledger.apply(id, position, (incident) =>
        onFinding(incident, found, moment, this.#frame(group, found)),
      );
    }
    if (former === undefined) return;
    for (const id of group.rootsOf(former.findings).keys()) {
      if (now.has(id) || group.awaits(time, id)) continue;
      this.#ledger.apply(id, position, (incident) =>
        incident === undefined ? undefined : onErased(incident, moment),
      );
    }
  }

  #frame(group: Group, found: Found): Frame {
    const thresholdsDigest = this.#detectors.thresholdsDigest(found.finding.kind);
    const titleOf = (kind: FindingKind) => this.#detectors.titleOf(kind);
    return { tenant: group.id.tenant, group: group.key, thresholdsDigest, titleOf };
  }
}
