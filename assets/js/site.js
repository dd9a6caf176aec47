import { stars } from "./agenda.js";
import { offerOwnZone } from "./clocks.js";
import { focusErrorSummary } from "./error-summary.js";
import { layOutInSpareTime } from "./lay-out.js";
import { sendOnce } from "./send-once.js";

document.documentElement.classList.add("js-enabled");
focusErrorSummary();
stars();
sendOnce();
offerOwnZone();
layOutInSpareTime();
