// SPDX-License-Identifier: Apache-2.0
// A component that is drawn again only when a property is another one. (Preact keeps its
// own in a second package; this is all the console needs.)
import { Component, type FunctionComponent } from 'preact';

export function memo<P extends object>(Inner: FunctionComponent<P>): new () => Component<P> {
	return class Memo extends Component<P> {
		override shouldComponentUpdate(next: Readonly<P>): boolean {
			const before = this.props as Record<string, unknown>;
			return Object.entries(next).some(([key, value]) => before[key] !== value);
		}
		override render() {
			return <Inner {...this.props} />;
		}
	};
}
