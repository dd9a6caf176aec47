import { removeAccessKeys } from "./access-keys.js";
import { stars } from "./agenda.js";
import { offerOwnZone } from "./time-zone-offer.js";
import { focusErrorSummary } from "./error-summary.js";
import { layOutInSpareTime } from "./lazy-layout.js";
import { closeBarPanels } from "./programme-bar.js";
import { sendOnce } from "./prevent-double-submit.js";

document.documentElement.classList.add("js-enabled");
removeAccessKeys();
focusErrorSummary();
stars();
sendOnce();
offerOwnZone();
closeBarPanels();
layOutInSpareTime();
