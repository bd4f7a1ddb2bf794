import type { Route } from '../contract.ts';
import type { UpstreamTable } from '../upstreams.ts';
import { compatibleRoute } from './compatible.ts';

/**
 * Alibaba's Model Studio (DashScope) in its compatible modes. The international host is the default; the others
 * (dashscope.aliyuncs.com, dashscope-us.aliyuncs.com) are named as upstreams.
 */
export function alibabaRoute(upstreams: UpstreamTable): Route {
  return compatibleRoute({
    id: 'alibaba',
    upstream: upstreams.alibaba,
    roots: { 'alibaba-anthropic': '/apps/anthropic' },
  });
}
