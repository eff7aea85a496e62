"""Korean for the errors of the search, its embedders and the indexing, and the notes of a search."""

from collections.abc import Mapping
from typing import Final

TEMPLATES: Final[Mapping[str, str]] = {
    "The built-in embedder is missing ({0}); install lorag again": "내장 임베더가 없습니다({0}). lorag 를 다시 설치하세요",
    "The embedder {0} failed: {1}": "임베더 {0}: 실행하지 못했습니다({1!})",
    "The embedder {0} gives values that are not numbers; use another one": "임베더 {0}: 숫자가 아닌 값을 냅니다. 다른 임베더를 쓰세요",
    "The embedder {0} needs sentence-transformers; install it with: pip install 'lorag[embedders]'": "임베더 {0}: sentence-transformers 패키지가 필요합니다. 설치하려면: pip install 'lorag[embedders]'",
    "The embedder {0} is not on this machine and lorag is offline; give a folder, fetch it with: lorag models pull, or set LORAG_OFFLINE=false": "임베더 {0}: 이 컴퓨터에 없고 lorag 는 오프라인입니다. 폴더를 지정하거나, lorag models pull 로 받거나, LORAG_OFFLINE=false 로 설정하세요",
    "The embedder {0} cannot be loaded ({1})": "임베더 {0}: 불러올 수 없습니다({1!})",
    "{0} is not a readable sentence-transformers model ({1}); fetch it again": "{0}: 읽을 수 있는 sentence-transformers 모델이 아닙니다({1!}). 다시 받으세요",
    "The embedder {0} has {1} dimensions; it cannot be cut to {2}": "임베더 {0}: {1}차원이어서 {2}차원으로 줄일 수 없습니다",
    "The embedder {0} is not complete: {1} cannot be read": "임베더 {0}: 완전하지 않습니다. 읽을 수 없는 파일: {1}",
    "{0} is not a folder with a StaticEmbedding model (no modules.json that says so)": "{0}: StaticEmbedding 모델 폴더가 아닙니다(그렇게 적힌 modules.json 이 없습니다)",
    "{0} has more tokens than {1} has vectors: not one model": "{0}: 토큰 수가 {1} 파일의 벡터 수보다 많습니다. 한 모델의 파일이 아닙니다",
    "{0} holds no matrix of token vectors; fetch the model again": "{0}: 토큰 벡터 행렬이 없습니다. 모델을 다시 받으세요",
    "{0} holds values that are not numbers; fetch the model again": "{0}: 숫자가 아닌 값이 있습니다. 모델을 다시 받으세요",
    "{0} is not a readable safetensors file ({1}); fetch the model again": "{0}: 읽을 수 있는 safetensors 파일이 아닙니다({1!}). 모델을 다시 받으세요",
    "{0} is not a readable tokeniser ({1}); fetch the model again": "{0}: 읽을 수 있는 토크나이저가 아닙니다({1!}). 모델을 다시 받으세요",
    "the setting tokenizer = kiwi needs the package kiwipiepy; install it with: pip install 'lorag[kiwi]'": "설정 tokenizer = kiwi 에는 kiwipiepy 패키지가 필요합니다. 설치하려면: pip install 'lorag[kiwi]'",
    "{0} does not exist; nothing was added": "{0}: 없는 경로여서 아무것도 추가하지 않았습니다",
    "{0} is neither a file nor a folder; nothing was added": "{0}: 파일도 폴더도 아니어서 아무것도 추가하지 않았습니다",
    "the process that reads files cannot start: {0}; check with: lorag doctor": "파일을 읽는 프로세스를 시작할 수 없습니다({0!}). 확인하려면: lorag doctor",
    "its reader ended unexpectedly ({0})": "읽는 프로세스가 갑자기 끝났습니다({0!})",
    "killed": "강제 종료됨",
    "the library was built with another tokenizer, so words may be missed; run: lorag reindex": "다른 토크나이저로 만든 라이브러리여서 놓치는 단어가 있을 수 있습니다. 실행하세요: lorag reindex",
    "the library was built with another embedder, so only words were searched; run: lorag reindex --embed-only": "다른 임베더로 만든 라이브러리여서 단어로만 찾았습니다. 실행하세요: lorag reindex --embed-only",
    "{0} of {1} chunks have no vector yet and were searched by words only": "조각 {1}개 가운데 {0}개는 아직 벡터가 없어 단어로만 찾았습니다",
}
