import { scheduleBoard } from "./organise/board.js";
import { copyButtons } from "./organise/copy.js";
import { sayWhenSignedOut } from "./organise/ending.js";
import { instantSearch } from "./organise/instant.js";
import { tickAll } from "./organise/lists.js";
import { livePreview } from "./organise/preview.js";
import { usePasskeys } from "./organise/passkeys.js";
import { tellRoom } from "./organise/room.js";

tickAll();
instantSearch();
copyButtons();
sayWhenSignedOut();
usePasskeys();
scheduleBoard();
livePreview();
tellRoom();
