const PREFIX = 'refused-';

/** The id of the notice that tells of refused requests, one a reason. */
export function refusalNoticeId(reason: string): string {
  return PREFIX + reason;
}

/** The reason of such a notice; null for any other one. */
export function refusalReasonOf(noticeId: string): string | null {
  return noticeId.startsWith(PREFIX) ? noticeId.slice(PREFIX.length) : null;
}
