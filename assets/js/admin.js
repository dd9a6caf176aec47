import { scheduleBoard } from "./admin/board.js";
import { findAnything } from "./admin/find-anything.js";
import { copyButtons } from "./admin/copy-button.js";
import { sayWhenSignedOut } from "./admin/session-expiry.js";
import { instantSearch } from "./admin/live-search.js";
import { tickAll } from "./admin/select-all.js";
import { livePreview } from "./admin/live-preview.js";
import { usePasskeys } from "./admin/passkeys.js";
import { tellRoom } from "./admin/character-count.js";

tickAll();
findAnything();
instantSearch();
copyButtons();
sayWhenSignedOut();
usePasskeys();
scheduleBoard();
livePreview();
tellRoom();
