// SPDX-License-Identifier: Apache-2.0
// The pieces of ECharts the console uses, loaded when the first chart is drawn.
import { LineChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

export type Chart = EChartsType;
export const createChart = (element: HTMLElement): Chart => init(element, null, { renderer: 'canvas' });
