import type { CallHead, CallTap, GatewayObserver } from '../gateway/contract.ts';

const deafTap: CallTap = {
  requestBytes: () => undefined,
  requestEnd: () => undefined,
  responseHead: () => undefined,
  responseBytes: () => undefined,
  end: () => undefined,
};

/** Passes calls to the observer while metering is on. Off, the gateway is a bare pass-through for terminals that hold its address. */
export class MeteringSwitch implements GatewayObserver {
  readonly #observer: GatewayObserver;
  isOn: boolean;

  constructor(observer: GatewayObserver, isOn: boolean) {
    this.#observer = observer;
    this.isOn = isOn;
  }

  begin(head: CallHead): CallTap {
    return this.isOn ? this.#observer.begin(head) : deafTap;
  }

  unmetered(routeId: string, method: string, pathShape: string): void {
    if (this.isOn) this.#observer.unmetered(routeId, method, pathShape);
  }
}
