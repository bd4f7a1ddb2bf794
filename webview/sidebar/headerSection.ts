import { nowStrings } from '../../src/protocol/nowStrings.ts';
import type { MeterLine, NowView, TotalLine, TotalsView } from '../../src/protocol/nowView.ts';
import type { QuotaLine, QuotaView } from '../../src/protocol/quotaView.ts';
import type { Notice } from '../../src/protocol/snapshot.ts';
import { button, progressRing } from '../shared/controls.ts';
import { icon } from '../shared/icons.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { type Actions, figure, percent } from './pieces.ts';

/** The top of the view: whether it is real, whether the meter runs, and what was spent. */
export function headerSection(view: NowView, actions: Actions): VNode {
  return h('header', { key: 'header' }, [
    view.demo &&
      h('p.demo', { key: 'demo' }, [
        h('strong.badge', { text: nowStrings.demo }),
        h('span', { text: nowStrings.demoText }),
      ]),
    view.meter && meterLine(view.meter, actions),
    view.restricted && message('info', nowStrings.restricted, 'restricted'),
    view.notices.length > 0 && notices(view.notices),
    view.totals && totals(view.totals),
  ]);
}

function meterLine(meter: MeterLine, actions: Actions): VNode {
  const texts = { retry: nowStrings.retry, turnOn: nowStrings.turnOn, showLog: nowStrings.showLog };
  const isBusy = meter.kind === 'starting' || meter.kind === 'draining';
  return h(
    `div.meter.meter-${meter.kind}`,
    { key: 'meter', attributes: { role: 'status', 'data-meter': meter.kind } },
    [
      h('p', {}, [
        isBusy ? progressRing() : icon(meter.kind === 'failed' ? 'error' : 'off'),
        h('span', { text: meter.text, attributes: { dir: 'auto' } }),
      ]),
      meter.actions.length > 0 &&
        h(
          'div.buttons',
          {},
          meter.actions.map((action, index) =>
            button({
              key: action,
              text: texts[action],
              primary: index === 0,
              onPress: () => actions.meter(action),
            }),
          ),
        ),
    ],
  );
}

function notices(list: readonly Notice[]): VNode {
  return h(
    'ul.notices',
    { key: 'notices', attributes: { 'aria-label': nowStrings.notices } },
    list.map((notice) => h('li', { key: notice.id }, [message(notice.severity, notice.text, notice.id)])),
  );
}

function message(severity: Notice['severity'], text: string, key: string): VNode {
  return h(`p.message.message-${severity}`, { key }, [
    icon(severity),
    h('span', {}, [
      severity !== 'info' && h('strong', { text: `${nowStrings.severity[severity]}: ` }),
      h('span', { text, attributes: { dir: 'auto' } }),
    ]),
  ]);
}

function totals(view: TotalsView): VNode {
  return h('section.totals', { key: 'totals', attributes: { 'aria-labelledby': 'totals-heading' } }, [
    h('h2.spoken', { text: nowStrings.totals, attributes: { id: 'totals-heading' } }),
    h(hasLongAmounts(view) ? 'table.long' : 'table', {}, [
      h('thead', {}, [
        h('tr', {}, [
          h('td'),
          h('th', { key: 'today', text: nowStrings.today, attributes: { scope: 'col' } }),
          h('th', { key: 'week', text: nowStrings.week, attributes: { scope: 'col' } }),
        ]),
      ]),
      h('tbody', {}, view.lines.map(totalLine)),
    ]),
    view.quota && quota(view.quota),
    h('p.facts.quiet.rate', { key: 'rate', attributes: { title: nowStrings.rateHint } }, [
      figure({ text: nowStrings.rate(view.rate.text), spoken: nowStrings.rate(view.rate.spoken) }, 'rate'),
    ]),
    view.stale !== null && h('p.quiet', { key: 'stale', text: view.stale }),
    ...view.notes.map((note) => h('p.quiet', { key: note, text: note })),
  ]);
}

/** Whether two amounts leave too little room for their name beside them in a sidebar of the usual width. */
function hasLongAmounts({ lines }: TotalsView): boolean {
  const longest = (name: 'today' | 'week'): number => Math.max(...lines.map((line) => line[name].text.length));
  return longest('today') + longest('week') > 16;
}

function totalLine(line: TotalLine): VNode {
  const isBilled = line.key === 'billed';
  return h(`tr.total-${line.key}`, { key: line.key }, [
    h(
      'th',
      {
        attributes: { scope: 'row', title: isBilled ? nowStrings.billedHint : nowStrings.subscriptionHint },
      },
      [
        h('span', { text: isBilled ? nowStrings.billed : nowStrings.subscription }),
        line.note !== null && h('span.note', { key: 'note', text: line.note }),
      ],
    ),
    h('td', { key: 'today' }, [figure(line.today, `today.${line.key}`)]),
    h('td', { key: 'week' }, [figure(line.week, `week.${line.key}`)]),
  ]);
}

function quota(view: QuotaView): VNode {
  if (view.unknown !== null) return h('p.quiet.quota-unknown', { key: 'quota', text: view.unknown });
  return h('ul.quota', { key: 'quota', attributes: { 'aria-label': nowStrings.quota } }, view.lines.map(quotaLine));
}

function quotaLine(line: QuotaLine): VNode {
  return h(`li.quota-${line.level}`, { key: line.key, attributes: { title: line.text } }, [
    h('span.line', {}, [
      h('span', { text: line.name, attributes: { dir: 'auto' } }),
      h('span.amount', { text: line.use }),
    ]),
    line.share !== null &&
      h('span.quota-bar', { key: 'bar', attributes: { 'aria-hidden': 'true' } }, [
        h('span.quota-fill', { style: { width: percent(line.share) } }),
      ]),
    line.alarm !== null &&
      h('span.quota-alarm.small', { key: 'alarm' }, [
        icon(line.level === 'strong' ? 'error' : 'warning'),
        h('span', { text: line.alarm }),
      ]),
    h('span.quota-detail.quiet.small', { key: 'detail', text: line.detail }),
  ]);
}
