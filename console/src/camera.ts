// SPDX-License-Identifier: Apache-2.0
// Codes read by the camera, where the browser can. Nothing leaves the browser but the text.
interface Detected { rawValue: string }
interface Detector { detect: (source: HTMLVideoElement) => Promise<Detected[]> }
type DetectorClass = new (options?: { formats: string[] }) => Detector;

const FORMATS = ['qr_code', 'data_matrix', 'code_128', 'ean_13', 'ean_8', 'upc_a', 'itf'];
const LOOK_MS = 200;

const detectorClass = (): DetectorClass | undefined => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;

export const hasCamera = (): boolean => !!detectorClass() && !!navigator.mediaDevices?.getUserMedia;

/** Looks through the camera until a code is found or `stop` is called. */
export function watchCamera(video: HTMLVideoElement, onText: (text: string) => void, onTrouble: (why: string) => void): () => void {
	let wanted = true;
	let stream: MediaStream | undefined;
	let timer = 0;
	const stop = (): void => {
		wanted = false;
		clearTimeout(timer);
		stream?.getTracks().forEach((track) => track.stop());
		video.srcObject = null;
	};
	const look = async (detector: Detector): Promise<void> => {
		const [found] = await detector.detect(video).catch(() => []);
		if (!wanted) return;
		if (found?.rawValue) {
			stop();
			onText(found.rawValue);
		} else {
			timer = window.setTimeout(() => void look(detector), LOOK_MS);
		}
	};
	const start = async (): Promise<void> => {
		const Found = detectorClass()!;
		stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
		if (!wanted) return stop();
		video.srcObject = stream;
		await video.play();
		await look(new Found({ formats: FORMATS }));
	};
	start().catch((error: unknown) => {
		stop();
		onTrouble(error instanceof Error ? error.message : String(error));
	});
	return stop;
}
