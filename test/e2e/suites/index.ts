import { chat } from './chat';
import { emptyPage } from './emptyPage';
import { memoryPanel } from './memoryPanel';
import { packaged } from './packaged';
import { realFile } from './realFile';
import { untrusted } from './untrusted';

/** In this order: the later ones take longer. */
export const suites: (() => void)[] = [packaged, untrusted, chat, emptyPage, memoryPanel, realFile];
