/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_FAULT_H
#define CONFIG_FAULT_H
/* Everything that can be wrong with a configuration, as one table of sentences:
 * what is wrong and what to do, in English and Chinese. %1 %2 %3 are arguments. */
#include "base/err.h"

/* A place in a file; line and column count from 1, columns in characters. */
typedef struct {
	const char *file;
	uint32_t line, column;
} mark_t;

enum { MARK_TEXT_MAX = ERR_WHERE_MAX };

/* id, what (English, Chinese), what to do (English, Chinese) */
#define FAULT_ROWS(X) \
	X(NO_FILE, "no such configuration file", "没有这个配置文件", \
	  "Give the path of a jizhu.yaml", "请给出 jizhu.yaml 的路径") \
	X(UNREADABLE, "the file cannot be read", "无法读取该文件", \
	  "Check its type and permissions", "请检查文件类型和权限") \
	X(FILE_TOO_BIG, "the file is larger than %1", "文件大于 %1", \
	  "Split it into files of conf.d", "请拆分到 conf.d 中的多个文件") \
	X(TOO_MANY_FILES, "more than %1 files in conf.d", "conf.d 中的文件多于 %1 个", \
	  "Join some of them", "请合并其中一些文件") \
	X(TOO_MANY_VALUES, "more than %1 values", "值的个数超过 %1", \
	  "Share repeated parts by anchors (&name, *name)", \
	  "请用锚点（&name、*name）共用重复部分") \
	X(TOO_DEEP, "nested deeper than %1 levels", "嵌套超过 %1 层", "Check the indentation", \
	  "请检查缩进") \
	X(SYNTAX, "not YAML: %1", "不是合法的 YAML：%1", \
	  "Check quotes, brackets and indentation before this place", \
	  "请检查此处之前的引号、括号和缩进") \
	X(DOCUMENTS, "a second YAML document begins", "出现了第二个 YAML 文档", \
	  "Remove the '---' line", "请删除“---”行") \
	X(KEY_SHAPE, "a key must be one word", "键必须是一个单词", "Write 'key: value'", \
	  "请写成“键: 值”") \
	X(NO_ANCHOR, "no anchor '%1' ends before this place", "此处之前没有完整的锚点“%1”", \
	  "Define it as '&%1' on an earlier value", "请先在前面的值上定义“&%1”") \
	X(SHARED, "'%1' is shared by an anchor, another file cannot add to it", \
	  "“%1”由锚点共用，其他文件不能追加", "Write the list out without the anchor", \
	  "请不用锚点，直接写出列表") \
	X(TWICE, "'%1' is given twice", "“%1”出现了两次", "Keep one; the other is at %2", \
	  "请只保留一个；另一个在 %2") \
	X(UNKNOWN_KEY_NEAR, "unknown key '%1'", "未知的键“%1”", "Did you mean '%2'?", \
	  "是否想写“%2”？") \
	X(UNKNOWN_KEY, "unknown key '%1'", "未知的键“%1”", "Known here: %2", "此处可用：%2") \
	X(MISSING, "the key '%1' is missing", "缺少键“%1”", "Add '%1: ...' here", \
	  "请在此处添加“%1: ...”") \
	X(NOT_MAPPING, "'%1' must be a mapping", "“%1”必须是映射", \
	  "Write 'key: value' lines below it", "请在其下写“键: 值”行") \
	X(NOT_LIST, "'%1' must be a list", "“%1”必须是列表", \
	  "Write [a, b], or one '- ' line for each item", "请写成 [a, b]，或每项一行“- ”") \
	X(NOT_SCALAR, "'%1' must be a single value", "“%1”必须是单个值", \
	  "Write one word or a quoted text", "请写一个单词或带引号的文本") \
	X(TOO_MANY, "'%1' has more than %2 items", "“%1”多于 %2 项", "Remove some", "请删除一些") \
	X(TOO_MANY_POINTS, "more than %1 points in all devices", "所有设备的测点总数超过 %1", \
	  "Spread the devices over several nodes", "请把设备分到多个节点") \
	X(NOT_WHOLE, "'%2' is no whole number for '%1'", "“%2”不是“%1”所需的整数", \
	  "Write digits only, such as 502", "请只写数字，例如 502") \
	X(NOT_NUMBER, "'%2' is no number for '%1'", "“%2”不是“%1”所需的数字", \
	  "Write a decimal number, such as 0.1", "请写十进制数，例如 0.1") \
	X(NOT_DURATION, "'%2' is no duration for '%1'", "“%2”不是“%1”所需的时长", \
	  "Write a number with ms, s, m, h or d, such as 500ms", \
	  "请写数字加 ms、s、m、h 或 d，例如 500ms") \
	X(NOT_SIZE, "'%2' is no size for '%1'", "“%2”不是“%1”所需的容量", \
	  "Write a number of bytes, or with K, M or G, such as 64M", \
	  "请写字节数，或加 K、M、G，例如 64M") \
	X(NOT_ADDRESS, "'%2' is no address for '%1'", "“%2”不是“%1”所需的地址", \
	  "Write IP:PORT, such as 127.0.0.1:502 or \"[::1]:502\"", \
	  "请写 IP:端口，例如 127.0.0.1:502 或 \"[::1]:502\"") \
	X(NOT_IP, "'%2' is no IP address for '%1'", "“%2”不是“%1”所需的 IP 地址", \
	  "Write an address without a port, such as 127.0.0.1", \
	  "请写不带端口的地址，例如 127.0.0.1") \
	X(UNKNOWN_WORD_NEAR, "'%2' is no value of '%1'", "“%2”不是“%1”的可选值", \
	  "Did you mean '%3'?", "是否想写“%3”？") \
	X(UNKNOWN_WORD, "'%2' is no value of '%1'", "“%2”不是“%1”的可选值", "Choose one of %3", \
	  "请选择：%3") \
	X(NOT_FUNCTION, "'%2' is no Modbus function for '%1'", "“%2”不是“%1”所需的 Modbus 功能码", \
	  "Write 'write' for all that write, or a code from 1 to 127", \
	  "请写“write”（全部写功能）或 1 到 127 的功能码") \
	X(NOT_LIMITS, "'%1' must be two numbers", "“%1”必须是两个数字", \
	  "Write [low, high], such as [2.5, 4.2]", "请写 [下限, 上限]，例如 [2.5, 4.2]") \
	X(NOT_NAME, "'%2' is no name for '%1'", "“%2”不能用作“%1”", \
	  "Use 1 to 64 of A-Z a-z 0-9 _ . -", "请用 1 到 64 个 A-Z a-z 0-9 _ . - 字符") \
	X(NOT_PREFIX, "'%2' is no identifier prefix for '%1'", "“%2”不是“%1”所需的标识前缀", \
	  "Join letters and digits by dots, such as 99.100.1", \
	  "请用点连接字母和数字，例如 99.100.1") \
	X(NOT_CAPTURE, "'%2' is no packet source for '%1'", "“%2”不是“%1”所需的抓包来源", \
	  "Write iface:NAME, pipe:PATH, tap or none", "请写 iface:名称、pipe:路径、tap 或 none") \
	X(NOT_TEXT, "'%1' is empty, holds control characters or is longer than %2 bytes", \
	  "“%1”为空、含控制字符或长于 %2 字节", "Shorten or correct it", "请缩短或改正") \
	X(RANGE, "'%1' is %2, outside %3", "“%1”为 %2，超出 %3", "Choose a value in this range", \
	  "请在该范围内取值") \
	X(NAME_TAKEN, "the name '%1' is used twice", "名称“%1”重复", \
	  "Choose another; the first is at %2", "请换一个；第一个在 %2") \
	X(BOOL_ONLY, "a point in table '%1' cannot be of type '%2'", \
	  "表“%1”中的测点不能是类型“%2”", "Write type: bool", "请写 type: bool") \
	X(PAST_END, "%1 registers from address %2 end past 65535", \
	  "从地址 %2 起的 %1 个寄存器超过 65535", "Choose a lower address", "请选择更小的地址") \
	X(READ_ONLY_TABLE, "points in table '%1' cannot be written", "表“%1”中的测点不可写", \
	  "Remove 'write', or use holding or coil", "请删除“write”，或改用 holding 或 coil") \
	X(NOT_STATES, "'%1' is no mapping of whole numbers to names", "“%1”不是整数到名称的映射", \
	  "Write {0: stop, 1: run}", "请写 {0: 停止, 1: 运行}") \
	X(STATE_TWICE, "state %1 is named twice", "状态 %1 命名了两次", "Remove one of them", \
	  "请删除其中一个") \
	X(STATES_WHOLE, "a point with states cannot have '%1: %2'", "有状态的测点不能有“%1: %2”", \
	  "Use a type of whole numbers or bool, without scale and offset", \
	  "请用整数类型或 bool，且不带 scale 和 offset") \
	X(LIMIT_ORDER, "the low limit %1 is not below the high limit %2", "下限 %1 不低于上限 %2", \
	  "Write [low, high]", "请写 [下限, 上限]") \
	X(WRITE_OUTSIDE, "the write limits reach outside the limits %1 to %2", \
	  "写限值超出限值 %1 到 %2", "Narrow them", "请缩小写限值") \
	X(ZERO, "'%1' must not be 0", "“%1”不能为 0", "Remove it, or write another value", \
	  "请删除，或写其他值") \
	X(NO_PORT, "'%1' must have a port other than 0", "“%1”的端口不能为 0", \
	  "Write the port of the device, such as 127.0.0.1:502", \
	  "请写设备的端口，例如 127.0.0.1:502") \
	X(COUNTRY, "'%1' is no country", "“%1”不是国家或地区代码", \
	  "Two letters as in ISO 3166-1: cn, de", "请写 ISO 3166-1 两字母代码，如 cn、de") \
	X(COMPANY, "'%1' is no GS1 company prefix", "“%1”不是 GS1 厂商识别代码", \
	  "Write 4 to 12 digits", "请写 4 至 12 位数字") \
	X(ONE_HOME, "company %1 needs a prefix or a resolver, and not both", \
	  "厂商 %1 须指定 prefix 或 resolver 之一，不能同时指定", "Keep one of them", \
	  "请只保留一项") \
	X(ROOT_URI, "'%2' is no root URI for '%1'", "“%2”不是“%1”所需的根 URI", \
	  "Write http:// or https:// and a host, without a slash at the end", \
	  "请写 http:// 或 https:// 加主机名，末尾不带斜杠，不超过 255 字节") \
	X(NOT_DOMAIN, "'%2' is no domain name for '%1'", "“%2”不是“%1”所需的域名", \
	  "Join labels by dots, such as ns1.example.com, without one at the end", \
	  "请用点连接各级名称，例如 ns1.example.com，末尾不带点") \
	X(OUT_OF_PLACE, "'%1' does not go with protocol '%2'", "“%1”不能与协议“%2”同用", \
	  "Remove it", "请删除") \
	X(NO_LINES, "there is no line '%2'", "没有线路“%2”", "Add it to 'lines'", \
	  "请在“lines”中添加") \
	X(UNIT_TAKEN, "unit %1 is on line '%2' twice", "单元 %1 在线路“%2”上重复", \
	  "Choose another; the first is at %3", "请换一个；第一个在 %3") \
	X(TLS_NEVER, "'%1' is not a loopback address, and 'never' leaves it unencrypted", \
	  "“%1”不是环回地址，“never”使其未加密", \
	  "Write mode: auto, or listen on 127.0.0.1 or [::1]", \
	  "请写 mode: auto，或监听 127.0.0.1 或 [::1]") \
	X(HALF_PAIR, "'%1' is given without '%2'", "给出了“%1”却没有“%2”", \
	  "Name both files, or neither: the node then makes its own", \
	  "请同时给出两个文件，或都不给出：节点会自行生成") \
	X(NOT_ZONE, "'%1' is no time zone", "“%1”不是时区", \
	  "Write a name such as Asia/Shanghai, an offset such as +08:00, or UTC", \
	  "请写时区名（如 Asia/Shanghai）、偏移（如 +08:00）或 UTC") \
	X(NOT_CLOCK, "'%1' is no time of day", "“%1”不是一天中的时刻", \
	  "Write hours and minutes in quotes, such as \"08:30\"", \
	  "请写带引号的时和分，例如 \"08:30\"") \
	X(SHIFT_ORDER, "the shift at '%1' does not begin after the one before it", \
	  "“%1”的班次不晚于前一班次", \
	  "Put them in order of their starts; the last one goes over midnight", \
	  "请按开始时刻排列；最后一班可跨零点") \
	X(NO_CALENDAR, "there is no calendar '%1'", "没有日历“%1”", "Add it to 'calendars'", \
	  "请在“calendars”中添加") \
	X(FROM_AFTER_TO, "'from' %1 is after 'to' %2", "“from” %1 大于“to” %2", "Swap them", \
	  "请对调")

#define X(id, what_en, what_zh, fix_en, fix_zh) FAULT_##id,
typedef enum { FAULT_ROWS(X) FAULT_COUNT } fault_t;
#undef X

/* "file:line:column"; returns buf. Of a long file name the end is kept. */
const char *mark_format(mark_t mark, char buf[MARK_TEXT_MAX]);
/* Fills the detail and returns ERR_CONFIG. Arguments not needed are "". */
MUST_CHECK err_t fault_raise(err_detail_t *ret_detail, mark_t at, fault_t fault,
                             const char *const args[ERR_ARGS]);
/* The same for a whole file, with a class of its own. */
MUST_CHECK err_t fault_raise_file(err_detail_t *ret_detail, const char *file, err_t err,
                                  fault_t fault, const char *arg);

/* The arguments of a fault; what is left out is "". */
#define FAULT_ARGS(...) ((const char *const[ERR_ARGS]){ __VA_ARGS__ })
#endif
