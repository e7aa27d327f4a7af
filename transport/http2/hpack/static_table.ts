/** The first index of the dynamic table. Lower indexes are static. */
export const FIRST_DYNAMIC_INDEX = 62;

/** The entries of RFC 7541, appendix A: one per line, with its name and, after a blank, its value if it has one. */
const ENTRIES = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

const pairs = ENTRIES.split("\n").map((line) => /^([^ ]+)(?: (.*))?$/.exec(line)!);

/** The names by index. There is no entry 0. */
export const STATIC_NAMES: readonly string[] = ["", ...pairs.map((pair) => pair[1]!)];

/** The values by index. */
export const STATIC_VALUES: readonly string[] = ["", ...pairs.map((pair) => pair[2] ?? "")];
