import { copyButtons } from "./organise/copy.js";
import { tickAll } from "./organise/lists.js";

tickAll();
copyButtons();
