"""Publishing: releases of the programme, and everything that is made from the current one."""
